// No pipeline: a row is the elements of all inputs, of which there is one for each element type;
// outputs are the inputs as they are, so that every way in and out can be followed.
#include <string.h>

#include "sni_rules/runtime/engine.h"
#include "sni_rules/runtime/tensor.h"

#define TENSORS 7

typedef struct quantised_state {
  int64_t int64[1];
  float float32[2];
  int32_t int32[1];
  int16_t int16[2];
  int8_t int8[4];
  uint8_t uint8[1];
  uint8_t truth[1];
} quantised_state;

static const int32_t one[] = {1};
static const int32_t two[] = {1, 2};
static const int32_t four[] = {2, 2};
static const sni_tensor tensors[TENSORS] = {
    {"i8", SNI_INT8, 2, four, 4, 4, 0.5f, -1},  {"f", SNI_FLOAT32, 2, two, 2, 8, 0.0f, 0},
    {"i16", SNI_INT16, 2, two, 2, 4, 0.25f, 0}, {"u8", SNI_UINT8, 1, one, 1, 1, 2.0f, 128},
    {"i32", SNI_INT32, 1, one, 1, 4, 0.0f, 0},  {"i64", SNI_INT64, 1, one, 1, 8, 0.0f, 0},
    {"b", SNI_BOOL, 1, one, 1, 1, 0.0f, 0},
};
static const char* const columns[] = {"input_0", "input_1", "input_2",  "input_3",
                                      "input_4", "input_5", "input_6",  "input_7",
                                      "input_8", "input_9", "input_10", "input_11"};
static const size_t values[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
static const sni_result results[] = {
    {"output_0", SNI_REAL, NULL, 0},  {"output_1", SNI_REAL, NULL, 0},
    {"output_2", SNI_REAL, NULL, 0},  {"output_3", SNI_REAL, NULL, 0},
    {"output_4", SNI_REAL, NULL, 0},  {"output_5", SNI_REAL, NULL, 0},
    {"output_6", SNI_REAL, NULL, 0},  {"output_7", SNI_REAL, NULL, 0},
    {"output_8", SNI_REAL, NULL, 0},  {"output_9", SNI_REAL, NULL, 0},
    {"output_10", SNI_REAL, NULL, 0}, {"output_11", SNI_REAL, NULL, 0}};

static quantised_state input_state;
static quantised_state output_state;

const sni_engine_info* sni_engine_describe(void) {
  static const sni_engine_info info = {
      .engine = "fake",
      .version = "1",
      .model = "quantised",
      .model_sha256 = "00",
      .options = "",
      .inputs = tensors,
      .input_count = TENSORS,
      .outputs = tensors,
      .output_count = TENSORS,
      .state_bytes = 2 * sizeof(quantised_state),
      .state_count = 1,
      .columns = columns,
      .column_count = 12,
      .values = values,
      .value_count = 12,
      .key_column = -1,
      .results = results,
      .result_count = 12,
  };
  return &info;
}

void* sni_engine_state(size_t index) { return index == 0 ? &input_state : NULL; }

bool sni_engine_init(void* state) {
  memset(state, 0, sizeof(quantised_state));
  return true;
}

static void* tensor_of(quantised_state* state, size_t index) {
  void* const at[TENSORS] = {state->int8,  state->float32, state->int16, state->uint8,
                             state->int32, state->int64,   state->truth};
  return at[index];
}

bool sni_engine_push(void* state, const float* row) {
  for (size_t i = 0; i < TENSORS; ++i) {
    sni_tensor_store(&tensors[i], tensor_of(state, i), row);
    row += tensors[i].elements;
  }
  return true;
}

void sni_engine_invoke(void* state) { output_state = *(quantised_state*)state; }

void sni_engine_result(const void* state, float* result) {
  for (size_t i = 0; i < TENSORS; ++i) {
    sni_tensor_load(&tensors[i], sni_engine_output(state, i), result);
    result += tensors[i].elements;
  }
}

void* sni_engine_input(void* state, size_t index) { return tensor_of(state, index); }

const void* sni_engine_output(const void* state, size_t index) {
  (void)state;
  return tensor_of(&output_state, index);
}

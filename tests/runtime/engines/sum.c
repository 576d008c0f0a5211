// One stream, no window: adds two numbers. The columns that it needs are not in push()'s order.
#include "sni_rules/runtime/engine.h"

typedef struct sum_state {
  float input[2];
  float output;
  bool started;
  float inferences;
} sum_state;

static const int32_t input_shape[] = {1, 2};
static const int32_t output_shape[] = {1};
static const sni_tensor inputs[] = {{"x", SNI_FLOAT32, 2, input_shape, 2, 8, 0.0f, 0}};
static const sni_tensor outputs[] = {{"y", SNI_FLOAT32, 1, output_shape, 1, 4, 0.0f, 0}};
static const char* const columns[] = {"time", "a", "unused", "b"};
static const size_t values[] = {3, 1};
static const size_t echo[] = {0};
static const char* const signs[] = {"negative", "not \"negative\", that is"};
static const sni_result results[] = {
    {"sum", SNI_REAL, NULL, 0}, {"large", SNI_FLAG, NULL, 0}, {"sign", SNI_LABEL, signs, 2}};

static sum_state states[1];

const sni_engine_info* sni_engine_describe(void) {
  static const sni_engine_info info = {
      .engine = "fake",
      .version = "1.2.3",
      .model = "sum",
      .model_sha256 = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
      .options = "some=\"option\"",
      .inputs = inputs,
      .input_count = 1,
      .outputs = outputs,
      .output_count = 1,
      .state_bytes = sizeof(sum_state),
      .arena_bytes = 12,
      .constant_bytes = 34,
      .macs = 5000000000u,
      .state_count = 1,
      .columns = columns,
      .column_count = 4,
      .values = values,
      .value_count = 2,
      .key_column = -1,
      .echo = echo,
      .echo_count = 1,
      .results = results,
      .result_count = 3,
  };
  return &info;
}

void* sni_engine_state(size_t index) { return &states[index]; }

bool sni_engine_init(void* state) {
  ((sum_state*)state)->started = true;
  ((sum_state*)state)->inferences = 0.0f;
#ifdef ENGINE_CANNOT_START
  return false;
#else
  return true;
#endif
}

// push() gets b before a, so that swapped columns do not go unnoticed: the sum is 10 * b + a.
bool sni_engine_push(void* state, const float* row) {
  sum_state* const sum = state;
  sum->input[0] = row[0] * 10.0f;
  sum->input[1] = row[1];
  return sum->started;
}

void sni_engine_invoke(void* state) {
  sum_state* const sum = state;
  sum->output = sum->input[0] + sum->input[1];
#ifdef ENGINE_REMEMBERS
  sum->output += ++sum->inferences;
#endif
}

void sni_engine_result(const void* state, float* result) {
  const float sum = ((const sum_state*)state)->output;
  result[0] = sum;
  result[1] = sum > 100.0f;
  result[2] = sum >= 0.0f;
}

void* sni_engine_input(void* state, size_t index) {
  (void)index;
  return ((sum_state*)state)->input;
}

const void* sni_engine_output(const void* state, size_t index) {
  (void)index;
  return &((const sum_state*)state)->output;
}

// Leaves the names of columns and results to the runner: two inputs of 2 and 1 elements, two
// outputs of 1 and 2.
#include "sni_rules/runtime/engine.h"

static const int32_t one[] = {1};
static const int32_t two[] = {1, 2};
static const sni_tensor inputs[] = {{"x", SNI_FLOAT32, 2, two, 2, 8, 0.0f, 0},
                                    {"y", SNI_FLOAT32, 1, one, 1, 4, 0.0f, 0}};
static const sni_tensor outputs[] = {{"sum", SNI_FLOAT32, 1, one, 1, 4, 0.0f, 0},
                                     {"products", SNI_FLOAT32, 2, two, 2, 8, 0.0f, 0}};

static float x[2], y[1], sum[1], products[2];

const sni_engine_info* sni_engine_describe(void) {
  static const sni_engine_info info = {.engine = "fake",
                                       .version = "1",
                                       .model = "unnamed",
                                       .model_sha256 = "0",
                                       .options = "",
                                       .inputs = inputs,
                                       .input_count = 2,
                                       .outputs = outputs,
                                       .output_count = 2,
                                       .state_bytes = 24,
                                       .state_count = 1,
                                       .column_count = 3,
                                       .value_count = 3,
                                       .key_column = -1,
                                       .result_count = 3};
  return &info;
}

void* sni_engine_state(size_t index) { return x + index; }

bool sni_engine_init(void* state) { return state == x; }

bool sni_engine_push(void* state, const float* values) {
  (void)state;
  x[0] = values[0];
  x[1] = values[1];
  y[0] = values[2];
  return true;
}

void sni_engine_invoke(void* state) {
  (void)state;
  sum[0] = x[0] + x[1] + y[0];
  products[0] = x[0] * y[0];
  products[1] = x[1] * y[0];
}

void sni_engine_result(const void* state, float* results) {
  (void)state;
  results[0] = sum[0];
  results[1] = products[0];
  results[2] = products[1];
}

void* sni_engine_input(void* state, size_t index) {
  (void)state;
  return index == 0 ? x : y;
}

const void* sni_engine_output(const void* state, size_t index) {
  (void)state;
  return index == 0 ? sum : products;
}

/* An engine without a network: a float goes in and out. A program with it is what a program with a
 * network has besides. */
#include "sni_rules/runtime/engine.h"

static float value;

static const int32_t shape[] = {1};

static const sni_tensor tensor = {"value", SNI_FLOAT32, 1, shape, 1, sizeof value, 0.0f, 0};

const sni_engine_info* sni_engine_describe(void) {
  static const sni_engine_info info = {
      .engine = "none",
      .version = "",
      .model = "base",
      .model_sha256 = "",
      .options = "",
      .inputs = &tensor,
      .input_count = 1,
      .outputs = &tensor,
      .output_count = 1,
      .state_bytes = sizeof value,
      .state_count = 1,
      .column_count = 1,
      .value_count = 1,
      .key_column = -1,
      .result_count = 1,
  };
  return &info;
}

void* sni_engine_state(size_t index) {
  (void)index;
  return &value;
}

bool sni_engine_init(void* state) {
  *(float*)state = 0.0f;
  return true;
}

bool sni_engine_push(void* state, const float* values) {
  *(float*)state = *values;
  return true;
}

void sni_engine_invoke(void* state) { (void)state; }

void sni_engine_result(const void* state, float* results) { *results = *(const float*)state; }

void* sni_engine_input(void* state, size_t index) {
  (void)index;
  return state;
}

const void* sni_engine_output(const void* state, size_t index) {
  (void)index;
  return state;
}

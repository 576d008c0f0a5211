// Streams by key, a window of three rows: the sum over the window, and how many rows its stream has
// seen.
#include <string.h>

#include "sni_rules/runtime/engine.h"

#ifndef SNI_STREAMS
#define SNI_STREAMS 1024
#endif

typedef struct window_state {
  float input[3];
  float output;
  float rows;
} window_state;

static const int32_t shape[] = {3};
static const sni_tensor inputs[] = {{"window", SNI_FLOAT32, 1, shape, 3, 12, 0.0f, 0}};
static const sni_tensor outputs[] = {{"sum", SNI_FLOAT32, 0, shape, 1, 4, 0.0f, 0}};
static const char* const columns[] = {"track", "when", "x"};
static const size_t values[] = {2};
static const size_t echo[] = {0, 1, 2};
static const sni_result results[] = {{"sum", SNI_REAL, NULL, 0}, {"rows", SNI_REAL, NULL, 0}};

static window_state states[SNI_STREAMS];

const sni_engine_info* sni_engine_describe(void) {
  static const sni_engine_info info = {
      .engine = "fake",
      .version = "1",
      .model = "window",
      .model_sha256 = "ff",
      .options = "",
      .inputs = inputs,
      .input_count = 1,
      .outputs = outputs,
      .output_count = 1,
      .state_bytes = sizeof(window_state),
      .state_count = SNI_STREAMS,
      .columns = columns,
      .column_count = 3,
      .values = values,
      .value_count = 1,
      .key_column = 0,
      .echo = echo,
      .echo_count = 3,
      .results = results,
      .result_count = 2,
  };
  return &info;
}

void* sni_engine_state(size_t index) { return &states[index]; }

bool sni_engine_init(void* state) {
  memset(state, 0, sizeof(window_state));
  return true;
}

bool sni_engine_push(void* state, const float* row) {
  window_state* const window = state;
  memmove(window->input, window->input + 1, 2 * sizeof(float));
  window->input[2] = row[0];
  window->rows += 1.0f;
  return window->rows >= 3.0f;
}

void sni_engine_invoke(void* state) {
  window_state* const window = state;
  window->output = window->input[0] + window->input[1] + window->input[2];
}

void sni_engine_result(const void* state, float* result) {
  const window_state* const window = state;
  result[0] = window->output;
  result[1] = window->rows;
}

void* sni_engine_input(void* state, size_t index) {
  (void)index;
  return ((window_state*)state)->input;
}

const void* sni_engine_output(const void* state, size_t index) {
  (void)index;
  return &((const window_state*)state)->output;
}

// Two models in one C program; one header by its name, the other by its full path.
#include <stdio.h>

#include "dense_f.h"
#include "tests/rules/dense_i.h"

static int failures = 0;

static void check(int condition, const char* what) {
  if (!condition) {
    fprintf(stderr, "FAILED: %s\n", what);
    ++failures;
  }
}

int main(void) {
  static dense_f_state float_state;
  static dense_i_state int8_state;
  dense_f_init(&float_state);
  dense_i_init(&int8_state);
  for (int i = 0; i < 8; ++i) {
    dense_f_input(&float_state)[i] = 0.25f * (float)(i - 4);
    dense_i_input(&int8_state)[i] = (int8_t)(16 * (i - 4));
  }
  dense_f_invoke(&float_state);
  dense_i_invoke(&int8_state);

  // Both end in a softmax: its outputs add up to 1, in int8 to 256 steps of 1/256 above -128 each.
  float float_sum = 0.0f;
  int int8_sum = 0;
  for (int i = 0; i < 4; ++i) {
    float_sum += dense_f_output(&float_state)[i];
    int8_sum += dense_i_output(&int8_state)[i] + 128;
  }
  check(float_sum > 0.999f && float_sum < 1.001f, "the float32 outputs add up to 1");
  check(int8_sum > 252 && int8_sum < 260, "the int8 outputs add up to 256");
  return failures != 0;
}

// A network that came from Keras through tflite_model and sni_model.
#include <stdio.h>

#include "dense.h"

int main(void) {
  static dense_state state;
  dense_init(&state);
  for (int i = 0; i < 8; ++i) dense_input(&state)[i] = (int8_t)(10 * i - 40);
  dense_invoke(&state);

  // A softmax in int8: four outputs in steps of 1/256 above -128, which add up to 1.
  int sum = 0;
  for (int i = 0; i < 4; ++i) sum += dense_output(&state)[i] + 128;
  if (sum < 252 || sum > 260) {
    fprintf(stderr, "the outputs add up to %d/256, expected 256/256\n", sum);
    return 1;
  }
  return 0;
}

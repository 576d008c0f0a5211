// Networks that came from Keras through tflite_models and sni_model: as trained, and pruned and
// clustered.
#include <stdio.h>

#include "dense.h"
#include "pruned.h"

// A softmax in int8: four outputs in steps of 1/256 above -128, which add up to 1.
static int check(const char* name, const int8_t* output) {
  int sum = 0;
  for (int i = 0; i < 4; ++i) sum += output[i] + 128;
  if (sum >= 252 && sum <= 260) return 0;
  fprintf(stderr, "%s: the outputs add up to %d/256, expected 256/256\n", name, sum);
  return 1;
}

int main(void) {
  static dense_state dense;
  static pruned_state pruned;
  dense_init(&dense);
  pruned_init(&pruned);
  for (int i = 0; i < 8; ++i)
    dense_input(&dense)[i] = pruned_input(&pruned)[i] = (int8_t)(10 * i - 40);
  dense_invoke(&dense);
  pruned_invoke(&pruned);
  return check("dense", dense_output(&dense)) | check("pruned", pruned_output(&pruned));
}

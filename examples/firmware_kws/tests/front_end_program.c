/* Frames of samples on stdin, features on stdout: both as in memory. */
#include <stdio.h>

#include "examples/firmware_kws/front_end.h"

int main(void) {
  int16_t frame[FRONT_END_FRAME];
  int8_t features[FRONT_END_BANDS];
  while (fread(frame, sizeof frame, 1, stdin) == 1) {
    front_end(frame, features);
    fwrite(features, sizeof features, 1, stdout);
  }
  return 0;
}

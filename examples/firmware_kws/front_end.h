/* From sound to features: features.py computes the same bits for the training. */
#ifndef EXAMPLES_FIRMWARE_KWS_FRONT_END_H_
#define EXAMPLES_FIRMWARE_KWS_FRONT_END_H_

#include <stdint.h>

enum {
  FRONT_END_RATE = 8000, /* samples a second */
  FRONT_END_FRAME = 160, /* samples of 20 ms */
  FRONT_END_BANDS = 16
};

/* How loud each band of a frame is: 8 steps for each doubling of the power. */
void front_end(const int16_t frame[FRONT_END_FRAME], int8_t features[FRONT_END_BANDS]);

#endif /* EXAMPLES_FIRMWARE_KWS_FRONT_END_H_ */

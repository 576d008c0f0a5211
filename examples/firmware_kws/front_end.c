#include "examples/firmware_kws/front_end.h"

#include "examples/firmware_kws/waves.h"

enum { OFFSET = 360 };

static int32_t in_common(const int16_t* frame, const int16_t* wave) {
  int32_t sum = 0;
  for (int i = 0; i < FRONT_END_FRAME; ++i) {
    sum += frame[i] * wave[i];
  }
  return sum;
}

/* 8 * log2(energy), between the powers of two a straight line; below 8 as at 8. */
static int32_t log2_steps(uint64_t energy) {
  int32_t steps = 0;
  for (; energy >= 16; energy >>= 1) {
    steps += 8;
  }
  return steps + (energy < 8 ? 8 : (int32_t)energy) + 16;
}

void front_end(const int16_t frame[FRONT_END_FRAME], int8_t features[FRONT_END_BANDS]) {
  for (int band = 0; band < FRONT_END_BANDS; ++band) {
    const int64_t cosine = in_common(frame, front_end_waves[band][0]);
    const int64_t sine = in_common(frame, front_end_waves[band][1]);
    const int32_t loudness = log2_steps((uint64_t)(cosine * cosine + sine * sine)) - OFFSET;
    features[band] = (int8_t)(loudness < -128 ? -128 : loudness > 127 ? 127 : loudness);
  }
}

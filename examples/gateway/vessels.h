/* The vessels within hearing: a table of fixed size, with the detector's state of each. */
#ifndef EXAMPLES_GATEWAY_VESSELS_H_
#define EXAMPLES_GATEWAY_VESSELS_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ais_int8.h"
#include "examples/gateway/resample.h"

/* -DVESSELS=... changes it. */
#ifndef VESSELS
#define VESSELS 4096
#endif

enum { VESSELS_BUCKETS = 2 * VESSELS };

typedef struct vessel {
  uint32_t mmsi;
  uint64_t heard;      /* number of the fix that was the last of this vessel */
  struct vessel* next; /* in the same bucket */
  uint32_t track;      /* number of the present track, from 1 */
  bool track_has_rows;
  resampler resampler;
  ais_int8_state detector;
} vessel;

/* All zero at first. */
typedef struct vessels {
  vessel of[VESSELS];
  vessel* buckets[VESSELS_BUCKETS];
  size_t count;
  uint64_t fixes;
} vessels;

/* The vessel of this number, for a fix of it. In a full table a new one takes the place of the one
 * that was silent for the most fixes: it is returned in `evicted`, which is NULL otherwise; call
 * vessels_replace() with it, then. */
vessel* vessels_find(vessels* all, uint32_t mmsi, vessel** evicted);

/* Gives the place of a vessel to another. */
void vessels_replace(vessels* all, vessel* place, uint32_t mmsi);

#endif /* EXAMPLES_GATEWAY_VESSELS_H_ */

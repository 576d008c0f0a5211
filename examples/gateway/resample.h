/* Fixes of one vessel, brought onto the grid of time steps that the detector was trained on. Does
 * what
 * ../ais_detector/resample.py does with a whole log, but while it comes in. */
#ifndef EXAMPLES_GATEWAY_RESAMPLE_H_
#define EXAMPLES_GATEWAY_RESAMPLE_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
  RESAMPLE_STEP_SECONDS = 600,
  RESAMPLE_GAP_SECONDS = 1800, /* who is silent for longer begins a new track */
  RESAMPLE_HOLD_SECONDS = 30,  /* how long a fix waits for earlier ones */
  RESAMPLE_HELD = 16
};

typedef struct fix {
  double unix_time;
  double lat_deg;
  double lon_deg;
  double sog_kn;
  double cog_deg;
} fix;

/* All zero at first. */
typedef struct resampler {
  fix held[RESAMPLE_HELD]; /* in order of time */
  size_t held_count;
  bool has_last;
  fix last;   /* of those that have left `held` */
  double due; /* time of the next row */
} resampler;

/* The moment of a fix: the nearest to `received` with this UTC second, if it is one. */
double resample_time(double received, uint32_t second);

typedef enum resample_taken { RESAMPLE_TAKEN, RESAMPLE_REPEATED, RESAMPLE_LATE } resample_taken;

/* Takes a fix; REPEATED: there is one of this time, LATE: too late. There has to be room: call
 * resample_next() until it returns false after each one. */
resample_taken resample_add(resampler* of, const fix* fresh);

/* What came next: a row of the grid, or the beginning of a new track. */
typedef enum resample_event { RESAMPLE_NONE, RESAMPLE_NEW_TRACK, RESAMPLE_ROW } resample_event;

/* To be called until it returns RESAMPLE_NONE. With `all`, fixes wait no longer: at the end. */
resample_event resample_next(resampler* of, bool all, fix* row);

#endif /* EXAMPLES_GATEWAY_RESAMPLE_H_ */

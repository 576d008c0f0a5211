#include "examples/gateway/resample.h"

#include <math.h>
#include <string.h>

/* [0, period), also of negative numbers. */
static double modulo(double value, double period) {
  const double rest = fmod(value, period);
  return rest < 0 ? rest + period : rest;
}

/* [0, 360); a tiny negative angle would otherwise become 360 by rounding. */
static double wrapped(double angle) {
  const double value = modulo(angle, 360);
  return value >= 360 ? 0 : value;
}

/* `part` of the way from one angle to another, the shorter way round. */
static double shorter_way(double start, double end, double part) {
  const double turn = modulo(end - start + 180, 360) - 180;
  return wrapped(start + part * turn);
}

static double straight(double start, double end, double part) {
  return start + part * (end - start);
}

static fix on_the_way(const fix* start, const fix* end, double part, double unix_time) {
  const double lon = shorter_way(start->lon_deg, end->lon_deg, part);
  return (fix){
      .unix_time = unix_time,
      .lat_deg = straight(start->lat_deg, end->lat_deg, part),
      .lon_deg = lon >= 180 ? lon - 360 : lon,
      .sog_kn = straight(start->sog_kn, end->sog_kn, part),
      .cog_deg = shorter_way(start->cog_deg, end->cog_deg, part),
  };
}

static fix row_at(const fix* start, const fix* end, double unix_time) {
  if (unix_time == end->unix_time) {
    return on_the_way(end, end, 0, unix_time);
  }
  const double part = (unix_time - start->unix_time) / (end->unix_time - start->unix_time);
  return on_the_way(start, end, part, unix_time);
}

double resample_time(double received, uint32_t second) {
  return second > 59 ? received : received + modulo((double)second - received + 30, 60) - 30;
}

resample_taken resample_add(resampler* of, const fix* fresh) {
  if (of->has_last && fresh->unix_time <= of->last.unix_time) {
    return fresh->unix_time < of->last.unix_time ? RESAMPLE_LATE : RESAMPLE_REPEATED;
  }
  size_t at = of->held_count;
  while (at > 0 && of->held[at - 1].unix_time > fresh->unix_time) {
    --at;
  }
  if (at > 0 && of->held[at - 1].unix_time == fresh->unix_time) {
    return RESAMPLE_REPEATED;
  }
  memmove(&of->held[at + 1], &of->held[at], (of->held_count - at) * sizeof(fix));
  of->held[at] = *fresh;
  ++of->held_count;
  return RESAMPLE_TAKEN;
}

static bool has_waited(const resampler* of) {
  const double newest = of->held[of->held_count - 1].unix_time;
  return of->held_count == RESAMPLE_HELD || newest - of->held[0].unix_time >= RESAMPLE_HOLD_SECONDS;
}

resample_event resample_next(resampler* of, bool all, fix* row) {
  while (of->held_count > 0 && (all || has_waited(of))) {
    const fix next = of->held[0];
    if (!of->has_last || next.unix_time - of->last.unix_time > RESAMPLE_GAP_SECONDS) {
      of->has_last = true;
      of->last = next;
      of->due = ceil(next.unix_time / RESAMPLE_STEP_SECONDS) * RESAMPLE_STEP_SECONDS;
      return RESAMPLE_NEW_TRACK;
    }
    if (of->due <= next.unix_time) {
      *row = row_at(&of->last, &next, of->due);
      of->due += RESAMPLE_STEP_SECONDS;
      return RESAMPLE_ROW;
    }
    of->last = next;
    --of->held_count;
    memmove(&of->held[0], &of->held[1], of->held_count * sizeof(fix));
  }
  return RESAMPLE_NONE;
}

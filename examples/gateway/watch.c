#define _POSIX_C_SOURCE 200809L

#include "examples/gateway/watch.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <time.h>

#include "examples/gateway/ais_message.h"

/* A damaged feed is not to fill the journal. */
enum { SHOWN_BAD_LINES = 20 };

enum { SCORE, ANOMALY };

static void complain(watch* on, uint64_t line, const char* reason) {
  ++on->counts.bad_lines;
  if (on->counts.bad_lines <= SHOWN_BAD_LINES) {
    fprintf(stderr, "line %" PRIu64 ": %s; skipped\n", line, reason);
  }
  if (on->counts.bad_lines == SHOWN_BAD_LINES) {
    fputs("further bad lines are only counted\n", stderr);
  }
}

/* As a decimal of so many places: what a row of ../ais_detector/nmea_to_csv.py holds. */
static float rounded(double value, double places) { return (float)(rint(value * places) / places); }

static void write_row(const vessel* of, const fix* row, const float* result) {
  const time_t seconds = (time_t)row->unix_time;
  struct tm utc;
  char time[sizeof "9999-12-31T23:59:59Z"];
  if (gmtime_r(&seconds, &utc) == NULL ||
      strftime(time, sizeof time, "%Y-%m-%dT%H:%M:%SZ", &utc) == 0) {
    time[0] = '\0';
  }
  printf("{\"time\":\"%s\",\"mmsi\":%" PRIu32 ",\"track\":\"%" PRIu32 "-%" PRIu32 "\",", time,
         of->mmsi, of->mmsi, of->track);
  printf("\"lat_deg\":%.6f,\"lon_deg\":%.6f,\"sog_kn\":%.3f,\"cog_deg\":%.3f,", row->lat_deg,
         row->lon_deg, row->sog_kn, row->cog_deg);
  if (result == NULL) {
    puts("\"score\":null,\"anomaly\":false}");
  } else {
    printf("\"score\":%.6g,\"anomaly\":%s}\n", (double)result[SCORE],
           result[ANOMALY] != 0 ? "true" : "false");
  }
}

static void detect(watch* on, vessel* of, const fix* row) {
  ++on->counts.rows;
  const float values[AIS_INT8_VALUES] = {rounded(row->lat_deg, 1e6), rounded(row->lon_deg, 1e6),
                                         rounded(row->sog_kn, 1e3), rounded(row->cog_deg, 1e3)};
  if (!ais_int8_push(&of->detector, values)) {
    if (on->all_rows) {
      write_row(of, row, NULL);
    }
    return;
  }
  ais_int8_invoke(&of->detector);
  float result[AIS_INT8_RESULTS];
  ais_int8_result(&of->detector, result);
  ++on->counts.scored;
  on->counts.alerts += result[ANOMALY] != 0;
  if (on->all_rows || result[ANOMALY] != 0) {
    write_row(of, row, result);
  }
}

/* Takes what the resampler has ready. */
static void advance(watch* on, vessel* of, bool all) {
  fix row;
  for (;;) {
    switch (resample_next(&of->resampler, all, &row)) {
      case RESAMPLE_NONE:
        return;
      case RESAMPLE_NEW_TRACK:
        ais_int8_init(&of->detector);
        of->track_has_rows = false;
        break;
      case RESAMPLE_ROW:
        if (!of->track_has_rows) {
          of->track_has_rows = true;
          ++of->track;
          ++on->counts.tracks;
        }
        detect(on, of, &row);
        break;
    }
  }
}

static void hear(watch* on, uint32_t mmsi, const fix* fresh) {
  vessel* evicted;
  vessel* const of = vessels_find(&on->vessels, mmsi, &evicted);
  if (evicted != NULL) {
    ++on->counts.evicted;
    advance(on, evicted, true);
    vessels_replace(&on->vessels, evicted, mmsi);
  }
  on->counts.vessels = on->vessels.count;
  switch (resample_add(&of->resampler, fresh)) {
    case RESAMPLE_REPEATED:
      ++on->counts.repeated;
      break;
    case RESAMPLE_LATE:
      ++on->counts.late;
      break;
    case RESAMPLE_TAKEN:
      advance(on, of, false);
      break;
  }
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_REALTIME, &time);
  return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static void hear_message(watch* on, const nmea_sentence* sentence) {
  char reason[AIS_REASON_BYTES];
  ais_position position;
  switch (ais_decode(sentence->payload, sentence->length, sentence->fill, &position, reason)) {
    case AIS_BAD:
      complain(on, on->counts.lines, reason);
      return;
    case AIS_OTHER:
      ++on->counts.other_messages;
      return;
    case AIS_INCOMPLETE:
      ++on->counts.incomplete;
      return;
    case AIS_POSITION:
      break;
  }
  if (!sentence->has_time && !on->live) {
    ++on->counts.without_time;
    return;
  }
  ++on->counts.positions;
  const double received = sentence->has_time ? sentence->unix_time : now();
  const fix fresh = {resample_time(received, position.second), position.lat_deg, position.lon_deg,
                     position.sog_kn, position.cog_deg};
  hear(on, position.mmsi, &fresh);
}

void watch_line(watch* on, const char* line, size_t length) {
  ++on->counts.lines;
  char reason[NMEA_REASON_BYTES];
  const nmea_sentence sentence = nmea_read(&on->reader, line, length, reason);
  if (reason[0] != '\0') {
    complain(on, on->counts.lines, reason);
  }
  on->counts.ais_sentences += sentence.kind == NMEA_AIS || sentence.kind == NMEA_PART;
  on->counts.parts += sentence.kind == NMEA_PART;
  on->counts.other_sentences += sentence.kind == NMEA_OTHER;
  if (sentence.kind == NMEA_AIS) {
    hear_message(on, &sentence);
  }
}

void watch_bad_line(watch* on, const char* reason) {
  ++on->counts.lines;
  complain(on, on->counts.lines, reason);
}

void watch_end(watch* on) {
  for (size_t i = 0; i < on->vessels.count; ++i) {
    advance(on, &on->vessels.of[i], true);
  }
}

void watch_summary(const watch* on) {
  const watch_counts* const n = &on->counts;
  const struct {
    const char* name;
    uint64_t value;
  } figures[] = {
      {"lines", n->lines},
      {"bad_lines", n->bad_lines},
      {"ais_sentences", n->ais_sentences},
      {"parts", n->parts},
      {"other_sentences", n->other_sentences},
      {"other_messages", n->other_messages},
      {"positions", n->positions},
      {"incomplete", n->incomplete},
      {"without_time", n->without_time},
      {"repeated", n->repeated},
      {"late", n->late},
      {"vessels", n->vessels},
      {"evicted", n->evicted},
      {"tracks", n->tracks},
      {"rows", n->rows},
      {"scored", n->scored},
      {"alerts", n->alerts},
  };
  for (size_t i = 0; i < sizeof figures / sizeof figures[0]; ++i) {
    fprintf(stderr, "%s\"%s\":%" PRIu64, i == 0 ? "{" : ",", figures[i].name, figures[i].value);
  }
  fputs("}\n", stderr);
}

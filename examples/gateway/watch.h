/* From lines to alerts: what is behind the feed. */
#ifndef EXAMPLES_GATEWAY_WATCH_H_
#define EXAMPLES_GATEWAY_WATCH_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "examples/gateway/nmea.h"
#include "examples/gateway/vessels.h"

typedef struct watch_counts {
  uint64_t lines, bad_lines;
  uint64_t ais_sentences, parts, other_sentences, other_messages;
  uint64_t positions, incomplete, without_time, repeated, late;
  uint64_t tracks, rows, scored, alerts;
  uint64_t vessels, evicted;
} watch_counts;

/* All zero at first, but for the options. */
typedef struct watch {
  bool all_rows; /* write rows that are no alerts as well */
  bool live;     /* a sentence without a time was received now */
  nmea_reader reader;
  vessels vessels;
  watch_counts counts;
} watch;

/* Takes a line; writes alerts to stdout, and what is wrong with it to stderr. */
void watch_line(watch* on, const char* line, size_t length);

/* Counts a line that is no text to be read, and says why. */
void watch_bad_line(watch* on, const char* reason);

/* No line will follow: fixes that wait for others wait no longer. */
void watch_end(watch* on);

/* One line of JSON on stderr. */
void watch_summary(const watch* on);

#endif /* EXAMPLES_GATEWAY_WATCH_H_ */

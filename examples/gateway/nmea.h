/* The framing of AIS sentences: TAG blocks, times, checksums. Does what ../ais_detector/nmea.py
 * does, but for messages of several parts, which position reports are not: they are left out. */
#ifndef EXAMPLES_GATEWAY_NMEA_H_
#define EXAMPLES_GATEWAY_NMEA_H_

#include <stdbool.h>
#include <stddef.h>

enum { NMEA_REASON_BYTES = 128 };

typedef enum nmea_kind {
  NMEA_NOTHING, /* an empty line, a comment, or a line that is bad */
  NMEA_OTHER,   /* a sentence of another kind */
  NMEA_TIME,    /* $PGHP: the time of the next sentence */
  NMEA_PART,    /* of a message of several sentences */
  NMEA_AIS      /* a whole message */
} nmea_kind;

typedef struct nmea_sentence {
  nmea_kind kind;
  const char* payload; /* within the line */
  size_t length;
  unsigned fill; /* bits at the end of the payload that do not count */
  bool has_time;
  double unix_time;
} nmea_sentence;

/* What one line leaves to the next. All zero at first. */
typedef struct nmea_reader {
  bool has_time_ahead;
  double time_ahead;
} nmea_reader;

/* Reads a line, with or without its end. Should anything be wrong with it, `reason` says what,
 * otherwise it becomes empty. A sentence whose TAG block alone is wrong is read, without the
 * block's time. */
nmea_sentence nmea_read(nmea_reader* reader, const char* line, size_t length,
                        char reason[NMEA_REASON_BYTES]);

#endif /* EXAMPLES_GATEWAY_NMEA_H_ */

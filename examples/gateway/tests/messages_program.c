/* Says of every line on stdin what the parser makes of it: for the comparison with others. */
#include <stdio.h>
#include <string.h>

#include "examples/gateway/ais_message.h"
#include "examples/gateway/nmea.h"

enum { MOST_BYTES = 1 << 20 };

static void print_message(const nmea_sentence* sentence) {
  ais_position at;
  char reason[AIS_REASON_BYTES];
  switch (ais_decode(sentence->payload, sentence->length, sentence->fill, &at, reason)) {
    case AIS_BAD:
      printf("bad: %s\n", reason);
      return;
    case AIS_OTHER:
      puts("other message");
      return;
    case AIS_INCOMPLETE:
      puts("incomplete");
      return;
    case AIS_POSITION:
      break;
  }
  printf("position %lu %.6f %.6f %.1f %.1f %lu ", (unsigned long)at.mmsi, at.lat_deg, at.lon_deg,
         at.sog_kn, at.cog_deg, (unsigned long)at.second);
  if (sentence->has_time) {
    printf("%.3f\n", sentence->unix_time);
  } else {
    puts("None");
  }
}

int main(void) {
  static char text[MOST_BYTES];
  static const char* const kinds[] = {"nothing", "other sentence", "time", "part"};
  const size_t size = fread(text, 1, sizeof text, stdin);
  nmea_reader reader = {false, 0};
  for (size_t start = 0; start < size;) {
    const char* const newline = memchr(text + start, '\n', size - start);
    const size_t length = newline == NULL ? size - start : (size_t)(newline - text) - start;
    char reason[NMEA_REASON_BYTES];
    const nmea_sentence sentence = nmea_read(&reader, text + start, length, reason);
    if (reason[0] != '\0') {
      printf("bad: %s\n", reason);
    }
    if (sentence.kind == NMEA_AIS) {
      print_message(&sentence);
    } else if (reason[0] == '\0') {
      puts(kinds[sentence.kind]);
    }
    start += length + 1;
  }
  return 0;
}

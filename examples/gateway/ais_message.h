/* Position reports in the payloads of AIS sentences (ITU-R M.1371-5, annex 8): types 1, 2, 3, 18
 * and 19. */
#ifndef EXAMPLES_GATEWAY_AIS_MESSAGE_H_
#define EXAMPLES_GATEWAY_AIS_MESSAGE_H_

#include <stddef.h>
#include <stdint.h>

enum { AIS_REASON_BYTES = 96 };

typedef enum ais_kind {
  AIS_BAD,        /* the reason says why */
  AIS_OTHER,      /* no position report */
  AIS_INCOMPLETE, /* position, speed or course is not known */
  AIS_POSITION
} ais_kind;

typedef struct ais_position {
  uint32_t mmsi;
  double lat_deg;
  double lon_deg;
  double sog_kn;
  double cog_deg;
  uint32_t second; /* UTC second of the fix; 60 and above: not told */
} ais_position;

/* Decodes the 6-bit characters of a payload, whose last `fill` bits do not count. */
ais_kind ais_decode(const char* payload, size_t length, unsigned fill, ais_position* position,
                    char reason[AIS_REASON_BYTES]);

#endif /* EXAMPLES_GATEWAY_AIS_MESSAGE_H_ */

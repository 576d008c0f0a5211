#include "examples/gateway/ais_message.h"

#include <stdio.h>

enum { CHARACTER_BITS = 6, MOST_FILL = 5, HEADER_BITS = 38 };

#define LATITUDE_UNKNOWN 91.0
#define LONGITUDE_UNKNOWN 181.0
#define SPEED_UNKNOWN 102.3
#define COURSE_UNKNOWN 360.0

/* The 6 bits of a character; -1 for one that has none. */
static int bits_of(char character) {
  if (character >= '0' && character <= 'W') {
    return character - '0';
  }
  return character >= '`' && character <= 'w' ? character - '0' - 8 : -1;
}

static uint32_t field(const char* payload, size_t at, size_t bits) {
  uint32_t value = 0;
  for (size_t bit = at; bit < at + bits; ++bit) {
    const int character = bits_of(payload[bit / CHARACTER_BITS]);
    value = value << 1 | ((uint32_t)character >> (CHARACTER_BITS - 1 - bit % CHARACTER_BITS) & 1);
  }
  return value;
}

static int32_t signed_field(const char* payload, size_t at, size_t bits) {
  const int32_t value = (int32_t)field(payload, at, bits);
  return value >= INT32_C(1) << (bits - 1) ? value - (INT32_C(1) << bits) : value;
}

/* From 1/10000 of a minute to degrees, rounded to 6 decimals. */
static double degrees(int32_t ten_thousandths) {
  const int64_t scaled = (int64_t)ten_thousandths * 10 + 3;
  const int64_t millionths = scaled >= 0 ? scaled / 6 : -((-scaled + 5) / 6);
  return (double)millionths / 1e6;
}

ais_kind ais_decode(const char* payload, size_t length, unsigned fill, ais_position* position,
                    char reason[AIS_REASON_BYTES]) {
  reason[0] = '\0';
  for (size_t i = 0; i < length; ++i) {
    if (bits_of(payload[i]) < 0) {
      snprintf(reason, AIS_REASON_BYTES,
               "payload cannot be decoded: byte 0x%02X at %zu is no 6-bit character",
               (unsigned)(unsigned char)payload[i], i + 1);
      return AIS_BAD;
    }
  }
  const size_t bits = length * CHARACTER_BITS > fill ? length * CHARACTER_BITS - fill : 0;
  if (fill > MOST_FILL || bits < HEADER_BITS) {
    snprintf(reason, AIS_REASON_BYTES,
             "payload cannot be decoded: %zu bits and %u fill bits (at least %d and at most %d)",
             bits, fill, HEADER_BITS, MOST_FILL);
    return AIS_BAD;
  }
  const uint32_t type = field(payload, 0, 6);
  const int class_b = type == 18 || type == 19;
  if (!class_b && (type < 1 || type > 3)) {
    return AIS_OTHER;
  }
  const size_t speed_at = class_b ? 46 : 50; /* from here on both classes are alike */
  const size_t needed = speed_at + 93;
  if (bits < needed) {
    snprintf(reason, AIS_REASON_BYTES,
             "payload cannot be decoded: %zu bits, and a report of type %u needs %zu", bits, type,
             needed);
    return AIS_BAD;
  }
  *position = (ais_position){
      .mmsi = field(payload, 8, 30),
      .sog_kn = field(payload, speed_at, 10) / 10.0,
      .lon_deg = degrees(signed_field(payload, speed_at + 11, 28)),
      .lat_deg = degrees(signed_field(payload, speed_at + 39, 27)),
      .cog_deg = field(payload, speed_at + 66, 12) / 10.0,
      .second = field(payload, speed_at + 87, 6),
  };
  const double lat = position->lat_deg < 0 ? -position->lat_deg : position->lat_deg;
  const double lon = position->lon_deg < 0 ? -position->lon_deg : position->lon_deg;
  return lat >= LATITUDE_UNKNOWN || lon >= LONGITUDE_UNKNOWN || position->sog_kn >= SPEED_UNKNOWN ||
                 position->cog_deg >= COURSE_UNKNOWN
             ? AIS_INCOMPLETE
             : AIS_POSITION;
}

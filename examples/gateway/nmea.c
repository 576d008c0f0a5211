#include "examples/gateway/nmea.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* Times in TAG blocks from here on are in milliseconds. */
#define MILLISECONDS_FROM INT64_C(100000000000)

enum { MOST_DIGITS = 15, SHOWN = 40 };

/* A piece of a line. */
typedef struct text {
  const char* at;
  const char* end;
} text;

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

static bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

static bool is_word(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static text stripped(text whole) {
  while (whole.at < whole.end && is_space(*whole.at)) {
    ++whole.at;
  }
  while (whole.at < whole.end && is_space(whole.end[-1])) {
    --whole.end;
  }
  return whole;
}

static bool starts_with(text whole, const char* start) {
  const size_t length = strlen(start);
  return (size_t)(whole.end - whole.at) >= length && memcmp(whole.at, start, length) == 0;
}

static int hex_digit(char c) {
  if (is_digit(c)) {
    return c - '0';
  }
  if (c >= 'A' && c <= 'F') {
    return c - 'A' + 10;
  }
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static unsigned checksum(text body) {
  unsigned value = 0;
  for (; body.at < body.end; ++body.at) {
    value ^= (unsigned char)*body.at;
  }
  return value;
}

/* Two hexadecimal digits; -1 if there are none. */
static int stated_checksum(text at) {
  if (at.end - at.at < 2 || hex_digit(at.at[0]) < 0 || hex_digit(at.at[1]) < 0) {
    return -1;
  }
  return hex_digit(at.at[0]) * 16 + hex_digit(at.at[1]);
}

/* Takes the text up to the next `separator`, which is taken as well, off the front. */
static text next_field(text* rest, char separator) {
  text field = {rest->at, rest->at};
  while (field.end < rest->end && *field.end != separator) {
    ++field.end;
  }
  rest->at = field.end < rest->end ? field.end + 1 : field.end;
  return field;
}

static bool to_number(text digits, int64_t* number) {
  if (digits.at == digits.end || digits.end - digits.at > MOST_DIGITS) {
    return false;
  }
  *number = 0;
  for (; digits.at < digits.end; ++digits.at) {
    if (!is_digit(*digits.at)) {
      return false;
    }
    *number = *number * 10 + (*digits.at - '0');
  }
  return true;
}

/* Time of the fields of a TAG block: c:, in seconds or milliseconds. */
static void tag_time(text body, nmea_sentence* sentence) {
  while (body.at < body.end) {
    text field = next_field(&body, ',');
    int64_t time;
    if (starts_with(field, "c:") && to_number((text){field.at + 2, field.end}, &time)) {
      sentence->has_time = true;
      sentence->unix_time = time >= MILLISECONDS_FROM ? (double)time / 1000 : (double)time;
    }
  }
}

/* Takes the TAG blocks off the front of a line. */
static text after_tags(text line, nmea_sentence* sentence, char* reason) {
  while (line.at < line.end && *line.at == '\\') {
    const char* const close = memchr(line.at + 1, '\\', (size_t)(line.end - line.at - 1));
    if (close == NULL) {
      break;
    }
    text body = {line.at + 1, close};
    line.at = close + 1;
    const char* star = body.end;
    while (star > body.at && star[-1] != '*') {
      --star;
    }
    const text stated = {star, body.end};
    body.end = star > body.at ? star - 1 : body.at;
    if (body.at == body.end || stated.end - stated.at != 2 ||
        stated_checksum(stated) != (int)checksum(body)) {
      snprintf(reason, NMEA_REASON_BYTES,
               "the checksum of the TAG block is wrong; its time is not used");
      continue;
    }
    tag_time(body, sentence);
  }
  return line;
}

static int days_in(int64_t month, int64_t year) {
  static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return days[month - 1] + (month == 2 && leap);
}

/* $PGHP,1,year,month,day,hour,minute,second,millisecond,... */
static bool gatehouse_time(text line, double* unix_time) {
  enum { YEAR, MONTH, DAY, HOUR, MINUTE, SECOND, MILLISECOND, FIELDS };
  next_field(&line, ',');
  next_field(&line, ',');
  int64_t of[FIELDS];
  for (int i = 0; i < FIELDS; ++i) {
    if (!to_number(next_field(&line, ','), &of[i])) {
      return false;
    }
  }
  if (of[YEAR] < 1970 || of[YEAR] > 9999 || of[MONTH] < 1 || of[MONTH] > 12 || of[DAY] < 1 ||
      of[DAY] > days_in(of[MONTH], of[YEAR]) || of[HOUR] > 23 || of[MINUTE] > 59 ||
      of[SECOND] > 59 || of[MILLISECOND] > 999) {
    return false;
  }
  int64_t days = of[DAY] - 1;
  for (int64_t month = 1; month < of[MONTH]; ++month) {
    days += days_in(month, of[YEAR]);
  }
  const int64_t before = of[YEAR] - 1;
  days += before * 365 + before / 4 - before / 100 + before / 400 - 719162; /* to 1970 */
  const int64_t seconds = ((days * 24 + of[HOUR]) * 60 + of[MINUTE]) * 60 + of[SECOND];
  *unix_time = (double)(seconds * 1000 + of[MILLISECOND]) / 1000;
  return true;
}

/* A Unix time of 9 or 10 digits behind a comma, at the end of a line. */
static bool trailing_time(text rest, double* unix_time) {
  const char* digits = rest.end;
  while (digits > rest.at && is_digit(digits[-1])) {
    --digits;
  }
  const ptrdiff_t count = rest.end - digits;
  int64_t time;
  if (count < 9 || count > 10 || digits == rest.at || digits[-1] != ',' ||
      !to_number((text){digits, rest.end}, &time)) {
    return false;
  }
  *unix_time = (double)time;
  return true;
}

typedef struct frame {
  int total;
  int number;
  text payload;
  unsigned fill;
  int stated;
  const char* star;
  text rest;
} frame;

/* !..VDM,total,number,id,channel,payload,fill*checksum, and whatever comes then */
static bool split(text line, frame* out) {
  if (line.end - line.at < 7 || line.at[0] != '!' || line.at[3] != 'V' || line.at[4] != 'D' ||
      (line.at[5] != 'M' && line.at[5] != 'O') || line.at[6] != ',') {
    return false;
  }
  text rest = {line.at + 7, line.end};
  const text total = next_field(&rest, ',');
  const text number = next_field(&rest, ',');
  const text id = next_field(&rest, ',');
  const text channel = next_field(&rest, ',');
  out->payload = next_field(&rest, ',');
  if (total.end - total.at != 1 || !is_digit(*total.at) || number.end - number.at != 1 ||
      !is_digit(*number.at) || id.end - id.at > 1 || (id.end > id.at && !is_digit(*id.at)) ||
      channel.end - channel.at > 1 || (channel.end > channel.at && !is_word(*channel.at)) ||
      out->payload.end == line.end ||
      memchr(out->payload.at, '*', (size_t)(out->payload.end - out->payload.at)) != NULL ||
      rest.end - rest.at < 4 || !is_digit(rest.at[0]) || rest.at[1] != '*') {
    return false;
  }
  out->total = *total.at - '0';
  out->number = *number.at - '0';
  out->fill = (unsigned)(rest.at[0] - '0');
  out->star = rest.at + 1;
  out->stated = stated_checksum((text){rest.at + 2, rest.end});
  out->rest = (text){rest.at + 4, rest.end};
  return out->stated >= 0;
}

/* For people: what is no printable ASCII becomes a question mark. */
static void show(text line, char out[SHOWN + 1]) {
  size_t i = 0;
  for (; i < SHOWN && line.at < line.end; ++i, ++line.at) {
    out[i] = *line.at >= ' ' && *line.at <= '~' ? *line.at : '?';
  }
  out[i] = '\0';
}

nmea_sentence nmea_read(nmea_reader* reader, const char* line, size_t length,
                        char reason[NMEA_REASON_BYTES]) {
  nmea_sentence sentence = {NMEA_NOTHING, NULL, 0, 0, false, 0};
  reason[0] = '\0';
  text rest = stripped((text){line, line + length});
  if (rest.at == rest.end || *rest.at == '#') {
    return sentence;
  }
  if (starts_with(rest, "$PGHP")) {
    sentence.kind = NMEA_TIME;
    reader->has_time_ahead = gatehouse_time(rest, &reader->time_ahead);
    if (!reader->has_time_ahead) {
      snprintf(reason, NMEA_REASON_BYTES, "$PGHP without a valid time");
    }
    return sentence;
  }
  rest = after_tags(rest, &sentence, reason);
  if (rest.at == rest.end || *rest.at == '$') {
    sentence.kind = rest.at == rest.end ? NMEA_NOTHING : NMEA_OTHER;
    return sentence;
  }
  frame of;
  if (!split(rest, &of)) {
    char shown[SHOWN + 1];
    show(rest, shown);
    snprintf(reason, NMEA_REASON_BYTES, "no AIS sentence: %s", shown);
    return sentence;
  }
  const unsigned actual = checksum((text){rest.at + 1, of.star});
  if ((unsigned)of.stated != actual) {
    snprintf(reason, NMEA_REASON_BYTES, "checksum is %02X, the sentence has %02X",
             (unsigned)of.stated, actual);
    return sentence;
  }
  if (of.number < 1 || of.number > of.total) {
    snprintf(reason, NMEA_REASON_BYTES, "part %d of %d", of.number, of.total);
    return sentence;
  }
  sentence.kind = of.total > 1 ? NMEA_PART : NMEA_AIS;
  sentence.payload = of.payload.at;
  sentence.length = (size_t)(of.payload.end - of.payload.at);
  sentence.fill = of.fill;
  if (!sentence.has_time && reader->has_time_ahead) {
    sentence.has_time = true;
    sentence.unix_time = reader->time_ahead;
  } else if (!sentence.has_time) {
    sentence.has_time = trailing_time(of.rest, &sentence.unix_time);
  }
  reader->has_time_ahead = false;
  return sentence;
}

#include "sni_rules/runtime/float_parse.h"

#include <stdint.h>
#include <string.h>

#include "sni_rules/runtime/float_tie.h"
#include "sni_rules/runtime/pow10.h"

#define SNI_INFINITY_BITS 0x7F800000u
#define SNI_KEPT_DIGITS 19 /* as many as always fit into 64 bits */
#define SNI_HUGE_EXPONENT 100000

/* A number as its text gives it: leading * 10^exponent, plus what `more` stands for. */
typedef struct scanned {
  uint64_t leading; /* the first SNI_KEPT_DIGITS significant digits */
  int32_t exponent;
  bool more; /* a later digit is not zero */
  bool negative;
  sni_text digits; /* from the first significant digit on, a point among them */
} scanned;

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

static bool equals_ignoring_case(sni_text text, const char* lower) {
  for (size_t i = 0; i < text.size; ++i, ++lower) {
    const char c = text.data[i];
    const char folded = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    if (folded != *lower || folded == '\0') {
      return false;
    }
  }
  return *lower == '\0';
}

/* [+|-] digits up to `end`; far beyond any float's exponent the exact value no longer matters. */
static bool scan_exponent(const char* at, const char* end, int32_t* exponent) {
  bool negative = false;
  if (at < end && (*at == '+' || *at == '-')) {
    negative = *at == '-';
    ++at;
  }
  if (at == end) {
    return false;
  }
  int32_t magnitude = 0;
  for (; at < end; ++at) {
    if (!is_digit(*at)) {
      return false;
    }
    if (magnitude < SNI_HUGE_EXPONENT) {
      magnitude = magnitude * 10 + (*at - '0');
    }
  }
  *exponent = negative ? -magnitude : magnitude;
  return true;
}

/* `text` is not empty and has no sign any more. */
static bool scan(sni_text text, scanned* number) {
  const char* at = text.data;
  const char* const end = text.data + text.size;
  bool any_digit = false;
  bool fraction = false;
  int kept = 0;
  /* Counted in 64 bits: a line may hold more zeros than an exponent can undo, but never 2^63. */
  int64_t shift = 0;
  for (; at < end; ++at) {
    if (*at == '.' && !fraction) {
      fraction = true;
      continue;
    }
    if (!is_digit(*at)) {
      break;
    }
    any_digit = true;
    const uint32_t digit = (uint32_t)(*at - '0');
    if (kept == 0 && digit == 0) {
      shift -= fraction;
      continue;
    }
    if (kept == 0) {
      number->digits.data = at;
    }
    if (kept < SNI_KEPT_DIGITS) {
      number->leading = number->leading * 10 + digit;
      ++kept;
      shift -= fraction;
    } else {
      number->more = number->more || digit != 0;
      shift += !fraction;
    }
  }
  if (kept > 0) {
    number->digits.size = (size_t)(at - number->digits.data);
  }
  if (!any_digit) {
    return false;
  }
  int32_t exponent = 0;
  if (at < end) {
    if ((*at != 'e' && *at != 'E') || !scan_exponent(at + 1, end, &exponent)) {
      return false;
    }
  }
  const int64_t sum = shift + exponent;
  number->exponent = sum > SNI_HUGE_EXPONENT    ? SNI_HUGE_EXPONENT
                     : sum < -SNI_HUGE_EXPONENT ? -SNI_HUGE_EXPONENT
                                                : (int32_t)sum;
  return true;
}

/* The upper 64 bits of the product. */
static uint64_t multiply_high(uint64_t a, uint64_t b) {
  const uint64_t a_low = a & UINT32_MAX;
  const uint64_t a_high = a >> 32;
  const uint64_t b_low = b & UINT32_MAX;
  const uint64_t b_high = b >> 32;
  const uint64_t middle = a_high * b_low + (a_low * b_low >> 32);
  const uint64_t other = a_low * b_high + (middle & UINT32_MAX);
  return a_high * b_high + (middle >> 32) + (other >> 32);
}

/* The bits of the float32 nearest to value * 2^exponent, value > 0; infinity where it is too large.
 */
static uint32_t round_to_float(uint64_t value, int exponent) {
  const int bits = 64 - __builtin_clzll(value);
  const int top = exponent + bits - 1; /* floor(log2) of the number */
  if (top > 127) {
    return SNI_INFINITY_BITS;
  }
  const int precision = top >= -126 ? 24 : 24 - (-126 - top);
  const int drop = bits - precision;
  if (drop > 64) {
    return 0;
  }
  uint64_t kept = value;
  if (drop <= 0) {
    kept = value << -drop;
  } else {
    kept = drop == 64 ? 0 : value >> drop;
    const uint64_t half = (uint64_t)1 << (drop - 1);
    const uint64_t rest = drop == 64 ? value : value & (half * 2 - 1);
    kept += rest > half || (rest == half && (kept & 1) != 0);
  }
  /* A carry out of the significand runs into the exponent, which is just what it has to do. */
  return top >= -126 ? ((uint32_t)(top + 126) << 23) + (uint32_t)kept : (uint32_t)kept;
}

static uint32_t float_bits(const scanned* number) {
  if (number->leading == 0 || number->exponent < SNI_POW10_MIN) {
    return 0;
  }
  if (number->exponent > 38) {
    return SNI_INFINITY_BITS;
  }
  if (number->exponent == 0 && !number->more) {
    return round_to_float(number->leading, 0);
  }
  /* The power is up to one unit too large and the digits are up to one unit too small, so the
   * number lies between `low` and `high`. Where both round to the same float, so does the number.
   * Half of the product is used for `high` not to overflow. */
  const int zeros = __builtin_clzll(number->leading);
  const uint64_t product =
      multiply_high(number->leading << zeros, sni_pow10(number->exponent)) >> 1;
  const int exponent = 64 - zeros + sni_log2_pow10(number->exponent) - 63 + 1;
  const uint32_t low = round_to_float(product - 1, exponent);
  const uint32_t high = round_to_float(product + (number->more ? 10 : 1), exponent);
  if (low == high) {
    return low;
  }
  return sni_float_nearer(number->digits, number->exponent, low);
}

sni_number sni_float_parse(sni_text text, float* value) {
  text = sni_text_trim(text);
  if (text.size == 0) {
    return SNI_NUMBER_EMPTY;
  }
  scanned number = {0, 0, false, false, {NULL, 0}};
  if (text.data[0] == '+' || text.data[0] == '-') {
    number.negative = text.data[0] == '-';
    ++text.data;
    --text.size;
  }
  if (text.size == 0 || !scan(text, &number)) {
    const bool not_finite = equals_ignoring_case(text, "nan") ||
                            equals_ignoring_case(text, "inf") ||
                            equals_ignoring_case(text, "infinity");
    return not_finite ? SNI_NUMBER_NOT_FINITE : SNI_NUMBER_TEXT;
  }
  uint32_t bits = float_bits(&number);
  if (bits == SNI_INFINITY_BITS) {
    return SNI_NUMBER_OUT_OF_RANGE;
  }
  bits |= number.negative ? 0x80000000u : 0u;
  memcpy(value, &bits, sizeof bits);
  return SNI_NUMBER_OK;
}

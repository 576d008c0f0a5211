#include "sni_rules/runtime/float_print.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "sni_rules/runtime/pow10.h"

/* digits * 10^exponent */
typedef struct decimal {
  uint32_t digits;
  int exponent;
} decimal;

/* The integer part of power * factor / 2^64, its last bit also set where a fraction worth speaking
 * of was cut off
 * ("round to odd": comparisons with even numbers come out as they would without the cut). The power
 * of ten is rounded up, by less than one unit, which is why a fraction of at most 1 / 2^32 counts
 * as none. */
static uint32_t scale(uint64_t power, uint32_t factor) {
  const uint64_t low = (power & UINT32_MAX) * factor;
  const uint64_t high = (power >> 32) * factor + (low >> 32);
  return (uint32_t)(high >> 32) | ((uint32_t)high > 1);
}

/* The shortest decimal within the interval of numbers that round to this float, nearest to it where
 * several are: the Schubfach algorithm (R. Giulietti, "The Schubfach way to render doubles"), whose
 * names these are: the float is c * 2^q, its neighbourhood is measured in quarters, and 10^k is
 * just below the width of the interval. biased and fraction: the two fields of a finite float32
 * above zero. */
static decimal shortest(uint32_t biased, uint32_t fraction) {
  const uint32_t c = biased > 0 ? fraction | 0x800000u : fraction;
  const int q = (biased > 0 ? (int)biased : 1) - 150;
  if (q <= 0 && q > -24 && (c & ((1u << -q) - 1)) == 0) {
    const decimal whole = {c >> -q, 0};
    return whole;
  }

  /* Below a power of two, floats lie twice as dense. */
  const bool irregular = fraction == 0 && biased > 1;
  /* 1262611 / 2^22 is log10(2), 524031 / 2^22 is -log10(3/4): k = floor(log10(width of the
   * interval)). */
  const int k = sni_floor_shift(q * 1262611 - (irregular ? 524031 : 0), 22);
  const int h = q + sni_log2_pow10(-k) + 1;
  const uint64_t power = sni_pow10(-k);
  const uint32_t lower = scale(power, (4 * c - 2 + irregular) << h);
  const uint32_t value = scale(power, (4 * c) << h);
  const uint32_t upper = scale(power, (4 * c + 2) << h);
  /* The ends of the interval round to this float only where it is even. */
  const uint32_t odd = c & 1u;
  const uint32_t s = value / 4;
  if (s >= 10) {
    const uint32_t tens = s / 10;
    const bool below = lower + odd <= 40 * tens;
    const bool above = 40 * tens + 40 + odd <= upper;
    if (below != above) {
      const decimal shorter = {tens + above, k + 1};
      return shorter;
    }
  }
  const bool below = lower + odd <= 4 * s;
  const bool above = 4 * s + 4 + odd <= upper;
  const uint32_t middle = 4 * s + 2;
  const bool up = below != above ? above : value > middle || (value == middle && (s & 1u) != 0);
  const decimal nearest = {s + up, k};
  return nearest;
}

/* Appends text; returns where it ends. */
static char* put(char* at, const char* text) {
  const size_t size = strlen(text);
  memcpy(at, text, size);
  return at + size;
}

static char* put_zeros(char* at, int count) {
  for (; count > 0; --count) {
    *at++ = '0';
  }
  return at;
}

/* A sign and one or two digits. */
static char* put_exponent(char* at, int exponent) {
  *at++ = 'e';
  *at++ = exponent < 0 ? '-' : '+';
  const int magnitude = exponent < 0 ? -exponent : exponent;
  if (magnitude >= 10) {
    *at++ = (char)('0' + magnitude / 10);
  }
  *at++ = (char)('0' + magnitude % 10);
  return at;
}

static char* put_decimal(char* at, decimal number) {
  for (; number.digits % 10 == 0; number.digits /= 10) {
    ++number.exponent;
  }
  char digits[10] = {0};
  int count = 0;
  for (uint32_t rest = number.digits; rest > 0; rest /= 10) {
    ++count;
  }
  for (int i = count; i > 0; number.digits /= 10) {
    digits[--i] = (char)('0' + number.digits % 10);
  }

  const int first = number.exponent + count - 1; /* the power of ten of the first digit */
  if (first < -4 || first > 15) {
    *at++ = digits[0];
    if (count > 1) {
      *at++ = '.';
      memcpy(at, digits + 1, (size_t)(count - 1));
      at += count - 1;
    }
    return put_exponent(at, first);
  }
  if (first < 0) {
    at = put_zeros(put(at, "0."), -first - 1);
    memcpy(at, digits, (size_t)count);
    return at + count;
  }
  const int whole = first + 1 < count ? first + 1 : count;
  memcpy(at, digits, (size_t)whole);
  at = put_zeros(at + whole, first + 1 - whole);
  if (whole < count) {
    *at++ = '.';
    memcpy(at, digits + whole, (size_t)(count - whole));
    at += count - whole;
  }
  return at;
}

size_t sni_float_print(float value, char* text) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  const uint32_t fraction = bits & 0x7FFFFFu;
  const uint32_t biased = bits >> 23 & 0xFFu;
  char* at = text;
  if (biased == 255 && fraction != 0) {
    return (size_t)(put(at, "nan") - text);
  }
  if (bits >> 31 != 0) {
    *at++ = '-';
  }
  if (biased == 255) {
    at = put(at, "inf");
  } else if ((bits & 0x7FFFFFFFu) == 0) {
    *at++ = '0';
  } else {
    at = put_decimal(at, shortest(biased, fraction));
  }
  return (size_t)(at - text);
}

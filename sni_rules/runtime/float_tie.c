#include "sni_rules/runtime/float_tie.h"

#include <stddef.h>

/* The middle between two float32 has at most 113 significant digits, so digits beyond these only
 * matter by not being zero, which one more digit can stand for. */
#define SNI_EXACT_DIGITS 120
#define SNI_LEADING_DIGITS 19
/* The largest number compared is 10^121 * 2^150 < 2^552, or 2^25 * 10^175 < 2^607. */
#define SNI_WORDS 20

/* Little-endian in 32-bit words. */
typedef struct big {
  uint32_t words[SNI_WORDS];
} big;

static void multiply_add(big* number, uint32_t factor, uint32_t addend) {
  uint64_t carry = addend;
  for (size_t i = 0; i < SNI_WORDS; ++i) {
    carry += (uint64_t)number->words[i] * factor;
    number->words[i] = (uint32_t)carry;
    carry >>= 32;
  }
}

static void multiply_pow10(big* number, int32_t exponent) {
  for (; exponent > 0; --exponent) {
    multiply_add(number, 10, 0);
  }
}

static void multiply_pow2(big* number, int32_t exponent) {
  for (; exponent >= 16; exponent -= 16) {
    multiply_add(number, 65536u, 0);
  }
  multiply_add(number, 1u << (exponent > 0 ? exponent : 0), 0);
}

static int compare(const big* a, const big* b) {
  for (size_t i = SNI_WORDS; i-- > 0;) {
    if (a->words[i] != b->words[i]) {
      return a->words[i] < b->words[i] ? -1 : 1;
    }
  }
  return 0;
}

uint32_t sni_float_nearer(sni_text digits, int32_t exponent, uint32_t below) {
  big decimal = {{0}};
  int count = 0;
  bool more = false;
  for (size_t i = 0; i < digits.size; ++i) {
    if (digits.data[i] == '.') {
      continue;
    }
    const uint32_t digit = (uint32_t)(digits.data[i] - '0');
    if (count < SNI_EXACT_DIGITS) {
      multiply_add(&decimal, 10, digit);
      ++count;
    } else {
      more = more || digit != 0;
    }
  }
  if (more) {
    multiply_add(&decimal, 10, 1);
    ++count;
  }
  if (count > SNI_LEADING_DIGITS) {
    exponent -= count - SNI_LEADING_DIGITS;
  }

  /* The middle is (2 * significand + 1) * 2^(power - 1). */
  const uint32_t biased = below >> 23;
  const uint32_t significand = (below & 0x7FFFFFu) | (biased > 0 ? 0x800000u : 0u);
  const int32_t power = (biased > 0 ? (int32_t)biased : 1) - 150;
  big middle = {{2 * significand + 1}};

  multiply_pow10(&decimal, exponent);
  multiply_pow2(&decimal, 1 - power);
  multiply_pow10(&middle, -exponent);
  multiply_pow2(&middle, power - 1);
  const int order = compare(&decimal, &middle);
  return order > 0 || (order == 0 && (below & 1u) != 0) ? below + 1 : below;
}

/* Powers of ten to 64 bits, for reading and printing floats without floating-point arithmetic. */
#ifndef SNI_RULES_RUNTIME_POW10_H_
#define SNI_RULES_RUNTIME_POW10_H_

#include <stdint.h>

/* Reading: 2^64 * 10^-65 is below half of the smallest float32. Printing: 10^45 scales the smallest
 * one. */
#define SNI_POW10_MIN (-64)
#define SNI_POW10_MAX 45

/* The 64 leading bits of 10^exponent, rounded up (exact from 10^0 to 10^27): the top bit is set and
 * 10^exponent <= result * 2^(sni_log2_pow10(exponent) - 63) < 10^exponent + 1 unit of the result.
 * exponent: SNI_POW10_MIN to SNI_POW10_MAX. */
uint64_t sni_pow10(int exponent);

/* floor(log2(10^exponent)), for exponents from SNI_POW10_MIN to SNI_POW10_MAX. */
int sni_log2_pow10(int exponent);

/* floor(value / 2^shift), for negative values too, where C leaves >> to the compiler. */
int sni_floor_shift(int value, int shift);

#endif /* SNI_RULES_RUNTIME_POW10_H_ */

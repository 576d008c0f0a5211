/* The exact decision for decimal numbers that lie so close to the middle between two floats that 64
 * bits cannot tell. */
#ifndef SNI_RULES_RUNTIME_FLOAT_TIE_H_
#define SNI_RULES_RUNTIME_FLOAT_TIE_H_

#include <stdint.h>

#include "sni_rules/runtime/text.h"

/* Of the positive float32 with the bits `below` and the next larger one (infinity counts as 2^128),
 * the one nearer to a number, or the even one at a tie; the number must lie between them. digits:
 * decimal digits, the first not 0, at most one point among them, which is ignored. exponent: the
 * power of ten of the 19th digit, or of the last one where there are fewer. */
uint32_t sni_float_nearer(sni_text digits, int32_t exponent, uint32_t below);

#endif /* SNI_RULES_RUNTIME_FLOAT_TIE_H_ */

/* Text to float32, correctly rounded (to nearest, ties to even) for any number of digits, without
 * libc. */
#ifndef SNI_RULES_RUNTIME_FLOAT_PARSE_H_
#define SNI_RULES_RUNTIME_FLOAT_PARSE_H_

#include "sni_rules/runtime/text.h"

typedef enum sni_number {
  SNI_NUMBER_OK,
  SNI_NUMBER_EMPTY,       /* nothing but spaces and tabs */
  SNI_NUMBER_TEXT,        /* no decimal number */
  SNI_NUMBER_NOT_FINITE,  /* nan, inf or infinity, in any case, with or without a sign */
  SNI_NUMBER_OUT_OF_RANGE /* a number that rounds beyond the largest float32 */
} sni_number;

/* Accepts [spaces] [+|-] digits [. digits] [e|E [+|-] digits] [spaces]; digits may be missing on
 * one side of the point. *value is written only for SNI_NUMBER_OK. Numbers too small for float32
 * become a zero with their sign. */
sni_number sni_float_parse(sni_text text, float* value);

#endif /* SNI_RULES_RUNTIME_FLOAT_PARSE_H_ */

/* Float32 to the shortest decimal text that reads back as the same float32, without libc. */
#ifndef SNI_RULES_RUNTIME_FLOAT_PRINT_H_
#define SNI_RULES_RUNTIME_FLOAT_PRINT_H_

#include <stddef.h>

/* Room for any result of sni_float_print; "-0.000123456789" and "-1.17549435e-38" are among the
 * longest. */
#define SNI_FLOAT_TEXT 24

/* Writes at most SNI_FLOAT_TEXT characters, without a NUL, and returns how many. Up to 9
 * significant digits; of the shortest texts the one nearest to `value`. Positional ("0.00012",
 * "1690848000") where the first digit stands for 10^-4 to 10^15, else scientific ("1.5e-7",
 * "3e+20"); "nan", "inf", "-inf"; "-0" for the negative zero. */
size_t sni_float_print(float value, char* text);

#endif /* SNI_RULES_RUNTIME_FLOAT_PRINT_H_ */

/* A piece of text that lies in somebody else's buffer; not ended by a NUL. */
#ifndef SNI_RULES_RUNTIME_TEXT_H_
#define SNI_RULES_RUNTIME_TEXT_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SNI_U64_TEXT 20 /* digits of the largest number */

typedef struct sni_text {
  const char* data;
  size_t size; /* bytes */
} sni_text;

/* All of a NUL-ended string. */
sni_text sni_text_of(const char* string);

/* Without the spaces and tabs at both ends. */
sni_text sni_text_trim(sni_text text);

/* The same bytes? */
bool sni_text_equal(sni_text a, sni_text b);

/* Writes the decimal digits of a number, at least `width` (at most SNI_U64_TEXT) of them; returns
 * how many. */
size_t sni_text_print_u64(uint64_t number, size_t width, char text[SNI_U64_TEXT]);

#endif /* SNI_RULES_RUNTIME_TEXT_H_ */

/* Comma-separated values as in RFC 4180, but that a quoted field ends on its own line: a stray
 * quote then spoils one row, not all that follow. */
#ifndef SNI_RULES_RUNTIME_CSV_H_
#define SNI_RULES_RUNTIME_CSV_H_

#include <stddef.h>

#include "sni_rules/runtime/text.h"
#include "sni_rules/runtime/writer.h"

typedef enum sni_csv {
  SNI_CSV_OK,
  SNI_CSV_UNCLOSED,   /* a quoted field without its closing quote */
  SNI_CSV_AFTER_QUOTE /* something between a closing quote and the next comma */
} sni_csv;

/* Splits a line (without its end) into fields, which lie in the line itself: doubled quotes are
 * undone in place. A field is quoted where its very first character is a quote; spaces belong to
 * their field. *count: how many fields there are, at least 1; only the first `capacity` of them are
 * stored. At an error, *count is the index of the field in question. */
sni_csv sni_csv_split(char* line, size_t size, sni_text* fields, size_t capacity, size_t* count);

/* Writes one field, in quotes where it needs them to be read back the same. */
void sni_csv_write(sni_writer* writer, sni_text field);

#endif /* SNI_RULES_RUNTIME_CSV_H_ */

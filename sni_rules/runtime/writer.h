/* Buffered text and bytes to one of the output streams. */
#ifndef SNI_RULES_RUNTIME_WRITER_H_
#define SNI_RULES_RUNTIME_WRITER_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sni_rules/runtime/io.h"
#include "sni_rules/runtime/limits.h"
#include "sni_rules/runtime/text.h"

typedef struct sni_writer {
  sni_io_stream stream;
  const char* failure; /* NULL, or why writing failed; whatever is written after that is dropped */
  size_t used;
  char buffer[SNI_IO_CHUNK];
} sni_writer;

void sni_writer_open(sni_writer* writer, sni_io_stream stream);

/* Hands on what has been gathered. false: writing has failed, now or before. */
bool sni_writer_flush(sni_writer* writer);

void sni_write_bytes(sni_writer* writer, const void* data, size_t size);
void sni_write_char(sni_writer* writer, char c);
void sni_write_text(sni_writer* writer, sni_text text);
void sni_write_string(sni_writer* writer, const char* string);
void sni_write_u64(sni_writer* writer, uint64_t number);
void sni_write_i64(sni_writer* writer, int64_t number);
void sni_write_float(sni_writer* writer, float number); /* as sni_float_print does */

/* number / 10^decimals with that many decimals, 1 to 19: sni_write_decimal(w, 1234, 3) gives 1.234.
 */
void sni_write_decimal(sni_writer* writer, uint64_t number, int decimals);

/* In single quotes, for messages: bytes that are not printable ASCII as \xNN, and at most 40 of
 * them. */
void sni_write_quoted(sni_writer* writer, sni_text text);

#endif /* SNI_RULES_RUNTIME_WRITER_H_ */

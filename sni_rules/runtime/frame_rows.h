/* Binary input rows. A frame has one little-endian cell of four bytes for each column of the row,
 * in order: a float32 where push() takes the column as a number, else (a key, something only
 * echoed) an unsigned 32-bit number, since a float32 cannot hold nine-digit identifiers or times.
 */
#ifndef SNI_RULES_RUNTIME_FRAME_ROWS_H_
#define SNI_RULES_RUNTIME_FRAME_ROWS_H_

#include <stdbool.h>
#include <stddef.h>

#include "sni_rules/runtime/columns.h"
#include "sni_rules/runtime/rejects.h"
#include "sni_rules/runtime/row.h"

/* Bytes of a frame. */
size_t sni_frame_bytes(const sni_engine_info* info);

/* false: the frame holds a number that is not finite, which is what *reject then says. */
bool sni_frame_row(const sni_columns* columns, const char* frame, sni_row* row, sni_reject* reject);

#endif /* SNI_RULES_RUNTIME_FRAME_ROWS_H_ */

/* Lines of a CSV input made into rows. */
#ifndef SNI_RULES_RUNTIME_CSV_ROWS_H_
#define SNI_RULES_RUNTIME_CSV_ROWS_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sni_rules/runtime/columns.h"
#include "sni_rules/runtime/reader.h"
#include "sni_rules/runtime/rejects.h"
#include "sni_rules/runtime/row.h"

typedef enum sni_header {
  SNI_HEADER_AUTO, /* a first line that names the columns is one */
  SNI_HEADER_YES,
  SNI_HEADER_NO
} sni_header;

typedef enum sni_line {
  SNI_LINE_ROW,
  SNI_LINE_BAD_ROW,
  SNI_LINE_HEADER,
  SNI_LINE_WRONG_HEADER, /* sni_header_explain tells more; nothing after it can be read */
  SNI_LINE_BLANK,
  SNI_LINE_COMMENT
} sni_line;

typedef struct sni_csv_rows {
  const sni_columns* columns;
  sni_header header;
  char comment;                      /* lines that begin with it are skipped; '\0': none are */
  bool decided;                      /* it is known whether there is a header */
  size_t count;                      /* fields of the line at hand */
  size_t field_count;                /* what a row must have */
  size_t positions[SNI_MAX_COLUMNS]; /* of each needed column: its field */
  sni_text fields[SNI_MAX_COLUMNS];
} sni_csv_rows;

void sni_csv_rows_open(sni_csv_rows* rows, const sni_columns* columns, sni_header header,
                       char comment);

/* What a line is; number: its own, from 1. The row is written for SNI_LINE_ROW, the reject for
 * SNI_LINE_BAD_ROW.
 *
 * With SNI_HEADER_AUTO the first line that is not blank or a comment is a header if it names all
 * needed columns; data if it is a good row; a wrong header if it looks like one
 * (sni_header_plausible); else data, and bad. */
sni_line sni_csv_rows_take(sni_csv_rows* rows, sni_chunk line, uint64_t number, sni_row* row,
                           sni_reject* reject);

#endif /* SNI_RULES_RUNTIME_CSV_ROWS_H_ */

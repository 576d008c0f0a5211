/* Rows that could not be used: each is reported, counted by its reason, and skipped. */
#ifndef SNI_RULES_RUNTIME_REJECTS_H_
#define SNI_RULES_RUNTIME_REJECTS_H_

#include <stdbool.h>
#include <stdint.h>

#include "sni_rules/runtime/names.h"
#include "sni_rules/runtime/text.h"
#include "sni_rules/runtime/writer.h"

typedef enum sni_reason {
  SNI_TOO_FEW_COLUMNS,
  SNI_TOO_MANY_COLUMNS,
  SNI_EMPTY_FIELD,
  SNI_NOT_A_NUMBER,
  SNI_NOT_FINITE,
  SNI_OUT_OF_RANGE,
  SNI_UNCLOSED_QUOTE,
  SNI_TEXT_AFTER_QUOTE,
  SNI_KEY_TOO_LONG,
  SNI_NUL_BYTE,
  SNI_LINE_TOO_LONG,
  SNI_TRUNCATED_FRAME,
  SNI_REASONS /* how many there are */
} sni_reason;

/* What is wrong with a row; what a reason does not speak of stays 0. */
typedef struct sni_reject {
  sni_reason reason;
  sni_text column; /* no data: the row as a whole */
  sni_text value;  /* of that column */
  uint64_t found;  /* columns or bytes; of a quote, the number of its column */
  uint64_t expected;
  char name[SNI_NAME_TEXT]; /* where the column's name is made */
} sni_reject;

typedef struct sni_rejects {
  sni_writer* log;
  const char* unit;     /* "line" or "frame": what rows are numbered by */
  uint64_t max_reports; /* rows that are reported one by one; all are counted */
  uint64_t total;
  uint64_t counts[SNI_REASONS];
} sni_rejects;

void sni_rejects_open(sni_rejects* rejects, sni_writer* log, const char* unit,
                      uint64_t max_reports);

/* Counts the row `number` (from 1), and reports it: "line 7: not a number (column 'x', value
 * 'abc')". */
void sni_rejects_add(sni_rejects* rejects, uint64_t number, const sni_reject* reject);

/* "not a number"; with underscores for spaces where it is to be an identifier. */
void sni_write_reason(sni_writer* writer, sni_reason reason);
const char* sni_reason_identifier(sni_reason reason);

#endif /* SNI_RULES_RUNTIME_REJECTS_H_ */

/* One input row, whatever format it came in. */
#ifndef SNI_RULES_RUNTIME_ROW_H_
#define SNI_RULES_RUNTIME_ROW_H_

#include "sni_rules/runtime/float_print.h"
#include "sni_rules/runtime/limits.h"
#include "sni_rules/runtime/text.h"

/* The texts lie in the reader's buffer or in `cells`, so a row is good until the next one is read.
 */
typedef struct sni_row {
  float values[SNI_MAX_COLUMNS]; /* what sni_engine_push takes */
  sni_text key;                  /* of a keyed engine: 1 to SNI_MAX_KEY bytes */
  sni_text echo[SNI_MAX_ECHO];
  char cells[SNI_MAX_ECHO + 1]
            [SNI_FLOAT_TEXT]; /* of binary rows: the echoed numbers and the key as text */
} sni_row;

#endif /* SNI_RULES_RUNTIME_ROW_H_ */

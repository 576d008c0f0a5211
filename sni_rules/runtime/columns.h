/* What each column of an input row is for. */
#ifndef SNI_RULES_RUNTIME_COLUMNS_H_
#define SNI_RULES_RUNTIME_COLUMNS_H_

#include <stdbool.h>
#include <stddef.h>

#include "sni_rules/runtime/engine.h"
#include "sni_rules/runtime/limits.h"

enum { SNI_ROLE_VALUE = 1, SNI_ROLE_KEY = 2, SNI_ROLE_ECHO = 4 };

typedef struct sni_columns {
  const sni_engine_info* info;
  size_t needed; /* columns with a role */
  unsigned char
      roles[SNI_MAX_COLUMNS]; /* of each column: a set of SNI_ROLE_*; 0: it is not looked at */
} sni_columns;

/* `info` must be within the limits (sni_capacity_check). */
void sni_columns_open(sni_columns* columns, const sni_engine_info* info);

/* Rows belong to streams of their own, told apart by a key? */
bool sni_engine_is_keyed(const sni_engine_info* info);

#endif /* SNI_RULES_RUNTIME_COLUMNS_H_ */

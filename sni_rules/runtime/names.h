/* The columns and results of an engine, those among them that it does not name: see engine.h. */
#ifndef SNI_RULES_RUNTIME_NAMES_H_
#define SNI_RULES_RUNTIME_NAMES_H_

#include <stdbool.h>
#include <stddef.h>

#include "sni_rules/runtime/engine.h"
#include "sni_rules/runtime/text.h"

/* Room for a name that is made: "output_", two numbers, and what is between them. */
#define SNI_NAME_TEXT (8 + 2 * SNI_U64_TEXT)

/* The name of a column; one that the engine does not give is made in `buffer`. */
sni_text sni_column_name(const sni_engine_info* info, size_t column, char buffer[SNI_NAME_TEXT]);

/* Likewise of a result. */
sni_text sni_result_name(const sni_engine_info* info, size_t index, char buffer[SNI_NAME_TEXT]);

/* Which column is the number `index` of those that push() takes. */
size_t sni_value_column(const sni_engine_info* info, size_t index);

/* Whether push() takes the column. */
bool sni_column_is_value(const sni_engine_info* info, size_t column);

sni_result_kind sni_result_kind_of(const sni_engine_info* info, size_t index);

#endif /* SNI_RULES_RUNTIME_NAMES_H_ */

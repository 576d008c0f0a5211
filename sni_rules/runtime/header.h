/* The first line of a CSV input, when it names the columns. */
#ifndef SNI_RULES_RUNTIME_HEADER_H_
#define SNI_RULES_RUNTIME_HEADER_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sni_rules/runtime/columns.h"
#include "sni_rules/runtime/text.h"
#include "sni_rules/runtime/writer.h"

/* Finds each needed column among the fields by its name; spaces around a name do not count.
 * positions[column]: its field. false: a column is missing, or is there twice. */
bool sni_header_match(const sni_columns* columns, const sni_text* fields, size_t count,
                      size_t* positions);

/* Could the fields be meant as names? One of them is a needed column's, or none of them is a number
 * and not all are empty. */
bool sni_header_plausible(const sni_columns* columns, const sni_text* fields, size_t count);

/* Why sni_header_match has said no: all missing and repeated columns, and what is there instead. */
void sni_header_explain(const sni_columns* columns, const sni_text* fields, size_t count,
                        uint64_t line, sni_writer* log);

#endif /* SNI_RULES_RUNTIME_HEADER_H_ */

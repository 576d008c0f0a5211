/* The info mode: the model, its columns, results and tensors. */
#ifndef SNI_RULES_RUNTIME_INFO_H_
#define SNI_RULES_RUNTIME_INFO_H_

#include "sni_rules/runtime/engine.h"
#include "sni_rules/runtime/writer.h"

/* Writes one JSON object, over several lines: the members of figures.h, and
 *   streams   how many keys can be live at once (1 without a key)
 *   columns   of an input row: name, roles ("value", "key", "echo"), the type of its cell in a
 * binary frame results   of a result row: name, kind, labels inputs, outputs   of the network:
 * name, dtype, shape, bytes, scale and zero_point (null: not quantised) */
void sni_info_write(const sni_engine_info* info, sni_writer* out);

#endif /* SNI_RULES_RUNTIME_INFO_H_ */

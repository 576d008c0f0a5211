/* Does the engine fit into what the runner was built for? */
#ifndef SNI_RULES_RUNTIME_CAPACITY_H_
#define SNI_RULES_RUNTIME_CAPACITY_H_

#include <stdbool.h>

#include "sni_rules/runtime/engine.h"
#include "sni_rules/runtime/options.h"
#include "sni_rules/runtime/writer.h"

/* false: it does not; every limit that is too low has been written to `log`, with what it has to
 * be. Of what a run with these options uses: tensors are as large as they are. */
bool sni_capacity_check(const sni_engine_info* info, const sni_options* options, sni_writer* log);

/* Bytes of all input tensors. */
size_t sni_input_bytes(const sni_engine_info* info);

#endif /* SNI_RULES_RUNTIME_CAPACITY_H_ */

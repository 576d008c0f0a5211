/* What an engine says of itself, for every JSON report. */
#ifndef SNI_RULES_RUNTIME_FIGURES_H_
#define SNI_RULES_RUNTIME_FIGURES_H_

#include "sni_rules/runtime/engine.h"
#include "sni_rules/runtime/json.h"

/* Members engine, version, model, model_sha256, options, state_bytes, arena_bytes, constant_bytes,
 * macs. */
void sni_figures_write(const sni_engine_info* info, sni_json* json);

#endif /* SNI_RULES_RUNTIME_FIGURES_H_ */

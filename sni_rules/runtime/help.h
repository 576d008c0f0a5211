/* The texts of --help and --version. */
#ifndef SNI_RULES_RUNTIME_HELP_H_
#define SNI_RULES_RUNTIME_HELP_H_

#include "sni_rules/runtime/engine.h"
#include "sni_rules/runtime/writer.h"

void sni_help_write(sni_writer* out, const sni_engine_info* info);

/* "detector (sni 0.1.0; model sha256 ...; options ...)" */
void sni_version_write(sni_writer* out, const sni_engine_info* info);

#endif /* SNI_RULES_RUNTIME_HELP_H_ */

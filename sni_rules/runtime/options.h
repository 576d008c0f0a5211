/* The command line. */
#ifndef SNI_RULES_RUNTIME_OPTIONS_H_
#define SNI_RULES_RUNTIME_OPTIONS_H_

#include <stdbool.h>
#include <stdint.h>

#include "sni_rules/runtime/csv_rows.h"
#include "sni_rules/runtime/results.h"
#include "sni_rules/runtime/writer.h"

typedef enum sni_mode { SNI_MODE_STREAM, SNI_MODE_BENCH, SNI_MODE_INFO } sni_mode;

typedef enum sni_summary { SNI_SUMMARY_TEXT, SNI_SUMMARY_JSON, SNI_SUMMARY_NONE } sni_summary;

typedef struct sni_options {
  sni_mode mode;
  bool help;
  bool version;
  sni_format in; /* SNI_FORMAT_CSV, SNI_FORMAT_F32 or SNI_FORMAT_TENSOR */
  sni_format out;
  sni_header header;
  char comment; /* '\0': none */
  bool strict;
  uint64_t max_reports; /* UINT64_MAX: no limit */
  sni_summary summary;
  uint64_t iterations; /* 1 to SNI_MAX_ITERATIONS */
  uint64_t warmup;
  uint64_t seed;
} sni_options;

/* false: wrong usage, every fault of which has been written to `log` with what would be accepted.
 */
bool sni_options_parse(int argc, char* const argv[], sni_options* options, sni_writer* log);

#endif /* SNI_RULES_RUNTIME_OPTIONS_H_ */

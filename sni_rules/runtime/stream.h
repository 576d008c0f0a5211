/* The stream mode: rows in on standard input, pre-processing, inference, post-processing, one
 * result row out for each. */
#ifndef SNI_RULES_RUNTIME_STREAM_H_
#define SNI_RULES_RUNTIME_STREAM_H_

#include "sni_rules/runtime/csv_rows.h"
#include "sni_rules/runtime/engine.h"
#include "sni_rules/runtime/keys.h"
#include "sni_rules/runtime/options.h"
#include "sni_rules/runtime/reader.h"
#include "sni_rules/runtime/results.h"
#include "sni_rules/runtime/row.h"
#include "sni_rules/runtime/status.h"
#include "sni_rules/runtime/summary.h"

/* All that a run needs; large (see limits.h), so not for the stack. */
typedef struct sni_stream {
  const sni_engine_info* info;
  const sni_options* options;
  sni_writer* out;
  sni_writer* log;
  bool begun;    /* the header of the output has been written */
  size_t filled; /* bytes that the input tensors have been given since the last inference */
  sni_totals totals;
  sni_rejects rejects;
  sni_reader reader;
  sni_columns columns;
  sni_csv_rows csv;
  sni_row row;
  sni_keys keys;
  sni_results results;
} sni_stream;

/* Runs to the end of the input. Everything that has been written is flushed wherever the next read
 * might wait. */
sni_status sni_stream_run(sni_stream* stream, const sni_engine_info* info,
                          const sni_options* options, sni_writer* out, sni_writer* log);

#endif /* SNI_RULES_RUNTIME_STREAM_H_ */

#include "sni_rules/runtime/capacity.h"

#include "sni_rules/runtime/columns.h"
#include "sni_rules/runtime/frame_rows.h"
#include "sni_rules/runtime/limits.h"
#include "sni_rules/runtime/results.h"

size_t sni_input_bytes(const sni_engine_info* info) {
  size_t bytes = 0;
  for (size_t i = 0; i < info->input_count; ++i) {
    bytes += info->inputs[i].bytes;
  }
  return bytes;
}

static bool fits(sni_writer* log, const char* what, size_t needed, const char* limit,
                 size_t available) {
  if (needed <= available) {
    return true;
  }
  sni_write_string(log, "error: this model needs ");
  sni_write_u64(log, needed);
  sni_write_string(log, what);
  sni_write_string(log, ", the runner has room for ");
  sni_write_u64(log, available);
  sni_write_string(log, " (build it with -D");
  sni_write_string(log, limit);
  sni_write_char(log, '=');
  sni_write_u64(log, needed);
  sni_write_string(log, ")\n");
  return false;
}

bool sni_capacity_check(const sni_engine_info* info, const sni_options* options, sni_writer* log) {
  const bool rows = options->in != SNI_FORMAT_TENSOR;
  bool all = true;
  if (rows) {
    all &= fits(log, " columns", info->column_count, "SNI_MAX_COLUMNS", SNI_MAX_COLUMNS);
    all &= fits(log, " echoed columns", info->echo_count, "SNI_MAX_ECHO", SNI_MAX_ECHO);
    all &= fits(log, " bytes for a row", sni_frame_bytes(info), "SNI_MAX_LINE", SNI_MAX_LINE);
  }
  if (rows && sni_engine_is_keyed(info)) {
    all &= fits(log, " streams", info->state_count, "SNI_MAX_STREAMS", SNI_MAX_STREAMS);
  }
  if (options->out != SNI_FORMAT_TENSOR) {
    all &= fits(log, rows ? " results" : " outputs", sni_results_count(info, !rows),
                "SNI_MAX_COLUMNS", SNI_MAX_COLUMNS);
  }
  return all;
}

#include "sni_rules/runtime/rejects.h"

#include <stddef.h>

void sni_rejects_open(sni_rejects* rejects, sni_writer* log, const char* unit,
                      uint64_t max_reports) {
  rejects->log = log;
  rejects->unit = unit;
  rejects->max_reports = max_reports;
  rejects->total = 0;
  for (int reason = 0; reason < SNI_REASONS; ++reason) {
    rejects->counts[reason] = 0;
  }
}

const char* sni_reason_identifier(sni_reason reason) {
  static const char* const identifiers[SNI_REASONS] = {
      "too_few_columns", "too_many_columns", "empty_field",    "not_a_number",
      "not_finite",      "out_of_range",     "unclosed_quote", "text_after_quote",
      "key_too_long",    "nul_byte",         "line_too_long",  "truncated_frame"};
  return identifiers[reason];
}

void sni_write_reason(sni_writer* writer, sni_reason reason) {
  for (const char* at = sni_reason_identifier(reason); *at != '\0'; ++at) {
    sni_write_char(writer, *at == '_' ? ' ' : *at);
  }
}

static void write_count(sni_writer* log, uint64_t found, const char* middle, uint64_t expected) {
  sni_write_u64(log, found);
  sni_write_string(log, middle);
  sni_write_u64(log, expected);
}

static void write_details(sni_writer* log, const sni_reject* reject) {
  switch (reject->reason) {
    case SNI_TOO_FEW_COLUMNS:
    case SNI_TOO_MANY_COLUMNS:
      write_count(log, reject->found, " instead of ", reject->expected);
      break;
    case SNI_LINE_TOO_LONG:
      write_count(log, reject->found, " bytes; at most ", reject->expected);
      break;
    case SNI_TRUNCATED_FRAME:
      write_count(log, reject->found, " bytes instead of ", reject->expected);
      break;
    case SNI_NUL_BYTE:
      sni_write_string(log, "byte ");
      write_count(log, reject->found, " of ", reject->expected);
      break;
    case SNI_UNCLOSED_QUOTE:
    case SNI_TEXT_AFTER_QUOTE:
      sni_write_string(log, "column ");
      sni_write_u64(log, reject->found);
      break;
    default:
      sni_write_string(log, "column ");
      sni_write_quoted(log, reject->column);
      if (reject->reason != SNI_EMPTY_FIELD) {
        sni_write_string(log, ", value ");
        sni_write_quoted(log, reject->value);
      }
      if (reject->reason == SNI_KEY_TOO_LONG) {
        sni_write_string(log, ", ");
        write_count(log, reject->found, " bytes; at most ", reject->expected);
      }
      break;
  }
}

void sni_rejects_add(sni_rejects* rejects, uint64_t number, const sni_reject* reject) {
  ++rejects->counts[reject->reason];
  ++rejects->total;
  if (rejects->total > rejects->max_reports) {
    if (rejects->total - 1 == rejects->max_reports && rejects->max_reports > 0) {
      sni_write_string(rejects->log, "further bad rows are counted, not reported (--max-reports=");
      sni_write_u64(rejects->log, rejects->max_reports);
      sni_write_string(rejects->log, ")\n");
    }
    return;
  }
  sni_write_string(rejects->log, rejects->unit);
  sni_write_char(rejects->log, ' ');
  sni_write_u64(rejects->log, number);
  sni_write_string(rejects->log, ": ");
  sni_write_reason(rejects->log, reject->reason);
  sni_write_string(rejects->log, " (");
  write_details(rejects->log, reject);
  sni_write_string(rejects->log, ")\n");
}

#include "sni_rules/runtime/summary.h"

#include "sni_rules/runtime/json.h"

/* Rows a second, rounded down; nanoseconds > 0. In two parts, for the product not to overflow. */
static uint64_t rows_per_second(uint64_t rows, uint64_t nanoseconds) {
  const uint64_t second = 1000000000u;
  if (rows <= UINT64_MAX / second) {
    return rows * second / nanoseconds;
  }
  return rows / nanoseconds * second;
}

static void write_part(sni_writer* log, uint64_t number, const char* what) {
  sni_write_u64(log, number);
  sni_write_string(log, what);
}

/* ", 3 blank", nothing for 0 */
static void write_some(sni_writer* log, uint64_t number, const char* what) {
  if (number > 0) {
    sni_write_string(log, ", ");
    write_part(log, number, what);
  }
}

void sni_summary_write(sni_writer* log, const sni_totals* totals, const sni_rejects* rejects,
                       bool keyed) {
  write_part(log, totals->rows, " rows: ");
  write_part(log, totals->results, " results, ");
  write_part(log, rejects->total, " skipped");
  write_some(log, totals->headers, " header");
  write_some(log, totals->blank, " blank");
  write_some(log, totals->comments, " comments");
  sni_write_char(log, '\n');
  if (rejects->total > 0) {
    sni_write_string(log, "skipped:");
    const char* separator = " ";
    for (int reason = 0; reason < SNI_REASONS; ++reason) {
      if (rejects->counts[reason] > 0) {
        sni_write_string(log, separator);
        write_part(log, rejects->counts[reason], " ");
        sni_write_reason(log, (sni_reason)reason);
        separator = ", ";
      }
    }
    sni_write_char(log, '\n');
  }
  write_part(log, totals->inferences, " inferences");
  write_some(log, totals->not_finite, " numbers not finite");
  sni_write_char(log, '\n');
  if (keyed) {
    write_part(log, totals->streams_opened, " streams begun, ");
    write_part(log, totals->streams_live, " live, ");
    write_part(log, totals->streams_evicted,
               totals->streams_evicted > 0 ? " evicted: more keys than states, those used least "
                                             "recently began anew\n"
                                           : " evicted\n");
  }
  sni_write_decimal(log, totals->nanoseconds / 1000000u, 3);
  sni_write_string(log, " s");
  if (totals->nanoseconds > 0) {
    write_some(log, rows_per_second(totals->rows, totals->nanoseconds), " rows/s");
  }
  sni_write_char(log, '\n');
}

static void write_count(sni_json* json, const char* name, uint64_t count) {
  sni_json_name(json, name);
  sni_json_u64(json, count);
}

void sni_summary_write_json(sni_writer* log, const sni_totals* totals, const sni_rejects* rejects) {
  sni_json json = sni_json_start(log, false);
  sni_json_open(&json, '{');
  write_count(&json, "lines", totals->lines);
  write_count(&json, "headers", totals->headers);
  write_count(&json, "blank", totals->blank);
  write_count(&json, "comments", totals->comments);
  write_count(&json, "rows", totals->rows);
  write_count(&json, "results", totals->results);
  write_count(&json, "skipped", rejects->total);
  sni_json_name(&json, "skipped_by_reason");
  sni_json_open(&json, '{');
  for (int reason = 0; reason < SNI_REASONS; ++reason) {
    write_count(&json, sni_reason_identifier((sni_reason)reason), rejects->counts[reason]);
  }
  sni_json_close(&json, '}');
  write_count(&json, "inferences", totals->inferences);
  write_count(&json, "not_finite", totals->not_finite);
  sni_json_name(&json, "streams");
  sni_json_open(&json, '{');
  write_count(&json, "begun", totals->streams_opened);
  write_count(&json, "live", totals->streams_live);
  write_count(&json, "evicted", totals->streams_evicted);
  sni_json_close(&json, '}');
  sni_json_name(&json, "seconds");
  sni_json_decimal(&json, totals->nanoseconds, 9);
  sni_json_name(&json, "rows_per_second");
  if (totals->nanoseconds > 0) {
    sni_json_u64(&json, rows_per_second(totals->rows, totals->nanoseconds));
  } else {
    sni_json_null(&json);
  }
  sni_json_close(&json, '}');
  sni_write_char(log, '\n');
}

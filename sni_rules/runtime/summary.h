/* What has become of all rows, at the end of a stream. */
#ifndef SNI_RULES_RUNTIME_SUMMARY_H_
#define SNI_RULES_RUNTIME_SUMMARY_H_

#include <stdbool.h>
#include <stdint.h>

#include "sni_rules/runtime/rejects.h"
#include "sni_rules/runtime/writer.h"

/* rows = results + rejected rows;  lines = rows + headers + blank + comments. */
typedef struct sni_totals {
  uint64_t lines; /* or frames */
  uint64_t headers;
  uint64_t blank;
  uint64_t comments;
  uint64_t rows;
  uint64_t results;    /* result rows */
  uint64_t inferences; /* at most one for each result row */
  uint64_t not_finite; /* numbers in result rows that are NaN or infinite */
  uint64_t streams_opened;
  uint64_t streams_live;
  uint64_t streams_evicted;
  uint64_t nanoseconds;
} sni_totals;

/* Some lines for people. */
void sni_summary_write(sni_writer* log, const sni_totals* totals, const sni_rejects* rejects,
                       bool keyed);

/* One JSON object in one line, with the same members on every run. */
void sni_summary_write_json(sni_writer* log, const sni_totals* totals, const sni_rejects* rejects);

#endif /* SNI_RULES_RUNTIME_SUMMARY_H_ */

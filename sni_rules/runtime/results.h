/* Result rows, in any of the output formats. */
#ifndef SNI_RULES_RUNTIME_RESULTS_H_
#define SNI_RULES_RUNTIME_RESULTS_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sni_rules/runtime/engine.h"
#include "sni_rules/runtime/row.h"
#include "sni_rules/runtime/writer.h"

typedef enum sni_format {
  SNI_FORMAT_CSV,
  SNI_FORMAT_F32,    /* one float32 for each result of each row; NaN where no inference was due */
  SNI_FORMAT_TENSOR, /* the bytes of the output tensors, one after another, of each inference */
  SNI_FORMAT_JSONL
} sni_format;

typedef struct sni_results {
  const sni_engine_info* info;
  sni_writer* out;
  sni_format format;
  const char* unit; /* "line" or "frame": the name of the row's number */
  bool raw; /* the results are the dequantised elements of the outputs, past the post-processing */
  size_t count;        /* numbers of a result row */
  uint64_t not_finite; /* numbers among them, so far, that were NaN or infinite */
  float values[SNI_MAX_COLUMNS];
} sni_results;

void sni_results_open(sni_results* results, const sni_engine_info* info, sni_writer* out,
                      sni_format format, const char* unit, bool raw);

/* Numbers of a result row: elements of all outputs where raw, else what sni_engine_result gives. */
size_t sni_results_count(const sni_engine_info* info, bool raw);

/* The CSV header; nothing in the other formats. */
void sni_results_header(sni_results* results);

/* The result row of the input row `number`. row: NULL where nothing is to be echoed. state: of the
 * stream, just after an inference, or NULL where none was due. */
void sni_results_row(sni_results* results, uint64_t number, const sni_row* row, void* state);

#endif /* SNI_RULES_RUNTIME_RESULTS_H_ */

#include "sni_rules/runtime/stream.h"

#include <string.h>

#include "sni_rules/runtime/capacity.h"
#include "sni_rules/runtime/clock.h"
#include "sni_rules/runtime/frame_rows.h"
#include "sni_rules/runtime/header.h"

/* How the run goes on after a step. */
typedef enum step {
  STEP_ON,
  STEP_END, /* of the input, or the first bad row of a strict run */
  STEP_FAILED
} step;

static step fail(sni_stream* stream, const char* what, const char* why) {
  sni_write_string(stream->log, "error: ");
  sni_write_string(stream->log, what);
  sni_write_string(stream->log, why);
  sni_write_char(stream->log, '\n');
  return STEP_FAILED;
}

static bool start_state(sni_stream* stream, void* state) {
  if (!sni_engine_init(state)) {
    fail(stream, "the engine cannot start: ", stream->info->engine);
    return false;
  }
  return true;
}

/* The state that a row belongs to, started if it is new; NULL if it does not start. */
static void* state_of(sni_stream* stream) {
  if (!sni_engine_is_keyed(stream->info)) {
    return sni_engine_state(0);
  }
  bool fresh = false;
  void* const state = sni_engine_state(sni_keys_find(&stream->keys, stream->row.key, &fresh));
  return !fresh || start_state(stream, state) ? state : NULL;
}

/* Before the first result row, and only once it is known that the input can be read. */
static void begin_output(sni_stream* stream) {
  if (!stream->begun) {
    stream->begun = true;
    sni_results_header(&stream->results);
  }
}

static void write_result(sni_stream* stream, const sni_row* row, void* state) {
  begin_output(stream);
  sni_results_row(&stream->results, stream->totals.lines, row, state);
  stream->totals.inferences += state != NULL;
  ++stream->totals.results;
}

static step take_row(sni_stream* stream) {
  ++stream->totals.rows;
  void* const state = state_of(stream);
  if (state == NULL) {
    return STEP_FAILED;
  }
  const bool due = sni_engine_push(state, stream->row.values);
  if (due) {
    sni_engine_invoke(state);
  }
  write_result(stream, &stream->row, due ? state : NULL);
  return STEP_ON;
}

/* The next bytes of the input tensors, which lie one after the other. */
static void fill_tensors(sni_stream* stream, void* state, sni_chunk piece) {
  size_t begin = 0; /* of the tensor, in all of them */
  for (size_t i = 0; i < stream->info->input_count && piece.size > 0; ++i) {
    const size_t bytes = stream->info->inputs[i].bytes;
    if (stream->filled < begin + bytes) {
      const size_t at = stream->filled - begin;
      const size_t size = piece.size < bytes - at ? piece.size : bytes - at;
      memcpy((char*)sni_engine_input(state, i) + at, piece.data, size);
      stream->filled += size;
      piece.data += size;
      piece.size -= size;
    }
    begin += bytes;
  }
}

static step take_tensors(sni_stream* stream, sni_chunk piece) {
  void* const state = sni_engine_state(0);
  fill_tensors(stream, state, piece);
  if (stream->filled < sni_input_bytes(stream->info)) {
    return STEP_ON;
  }
  stream->filled = 0;
  ++stream->totals.lines;
  ++stream->totals.rows;
  sni_engine_invoke(state);
  write_result(stream, NULL, state);
  return STEP_ON;
}

static step skip_row(sni_stream* stream, const sni_reject* reject) {
  ++stream->totals.rows;
  sni_rejects_add(&stream->rejects, stream->totals.lines, reject);
  if (!stream->options->strict) {
    return STEP_ON;
  }
  sni_write_string(stream->log, "stopped at the first bad row (--strict)\n");
  return STEP_END;
}

static step take_line(sni_stream* stream, sni_chunk line) {
  sni_totals* const totals = &stream->totals;
  sni_reject reject = {.reason = SNI_REASONS};
  switch (sni_csv_rows_take(&stream->csv, line, totals->lines, &stream->row, &reject)) {
    case SNI_LINE_ROW:
      return take_row(stream);
    case SNI_LINE_BAD_ROW:
      return skip_row(stream, &reject);
    case SNI_LINE_WRONG_HEADER:
      ++totals->headers;
      sni_header_explain(&stream->columns, stream->csv.fields, stream->csv.count, totals->lines,
                         stream->log);
      return STEP_FAILED;
    case SNI_LINE_HEADER:
      ++totals->headers;
      begin_output(stream);
      break;
    case SNI_LINE_BLANK:
      ++totals->blank;
      break;
    case SNI_LINE_COMMENT:
      ++totals->comments;
      break;
  }
  return STEP_ON;
}

static step take_frame(sni_stream* stream, sni_chunk frame) {
  sni_reject reject = {.reason = SNI_REASONS};
  return sni_frame_row(&stream->columns, frame.data, &stream->row, &reject)
             ? take_row(stream)
             : skip_row(stream, &reject);
}

static step read_on(sni_stream* stream) {
  /* Whoever waits for results at the other end shall have them before we wait for rows. */
  sni_writer_flush(stream->log);
  if (!sni_writer_flush(stream->out)) {
    return STEP_FAILED;
  }
  const char* const failure = sni_reader_fill(&stream->reader);
  return failure == NULL ? STEP_ON : fail(stream, "standard input cannot be read: ", failure);
}

/* Bytes that are taken at a time: at most, of a line. */
static size_t unit_bytes(const sni_stream* stream) {
  switch (stream->options->in) {
    case SNI_FORMAT_CSV:
      return SNI_MAX_LINE;
    case SNI_FORMAT_TENSOR:
      return sni_input_bytes(stream->info);
    default:
      return sni_frame_bytes(stream->info);
  }
}

static sni_read read_unit(sni_stream* stream, size_t size, sni_chunk* chunk) {
  if (stream->options->in == SNI_FORMAT_CSV) {
    return sni_reader_line(&stream->reader, chunk);
  }
  /* By pieces that the reader has room for: tensors may be larger. */
  const size_t rest = size - stream->filled;
  return sni_reader_frame(&stream->reader, rest < SNI_MAX_LINE ? rest : SNI_MAX_LINE, chunk);
}

static step take(sni_stream* stream, sni_chunk chunk) {
  if (stream->options->in == SNI_FORMAT_TENSOR) {
    return take_tensors(stream, chunk);
  }
  ++stream->totals.lines;
  return stream->options->in == SNI_FORMAT_CSV ? take_line(stream, chunk)
                                               : take_frame(stream, chunk);
}

static step take_next(sni_stream* stream) {
  const size_t size = unit_bytes(stream);
  sni_chunk chunk = {NULL, 0};
  switch (read_unit(stream, size, &chunk)) {
    case SNI_READ_MORE:
      return read_on(stream);
    case SNI_READ_OK:
      return take(stream, chunk);
    case SNI_READ_END:
      if (stream->filled == 0) {
        return STEP_END;
      }
      break;
    case SNI_READ_BROKEN:
      break;
  }
  const sni_reject reject = {
      .reason = stream->options->in == SNI_FORMAT_CSV ? SNI_LINE_TOO_LONG : SNI_TRUNCATED_FRAME,
      .found = stream->filled + chunk.size,
      .expected = size};
  stream->filled = 0;
  ++stream->totals.lines;
  return skip_row(stream, &reject);
}

static void open_parts(sni_stream* stream) {
  const sni_options* const options = stream->options;
  const char* const unit = options->in == SNI_FORMAT_CSV ? "line" : "frame";
  sni_reader_open(&stream->reader);
  sni_rejects_open(&stream->rejects, stream->log, unit, options->max_reports);
  if (options->in != SNI_FORMAT_TENSOR) {
    sni_columns_open(&stream->columns, stream->info);
    sni_csv_rows_open(&stream->csv, &stream->columns, options->header, options->comment);
  }
  sni_results_open(&stream->results, stream->info, stream->out, options->out, unit,
                   options->in == SNI_FORMAT_TENSOR);
  if (sni_engine_is_keyed(stream->info)) {
    sni_keys_open(&stream->keys, stream->info->state_count);
  }
}

static void summarise(sni_stream* stream, uint64_t start) {
  sni_totals* const totals = &stream->totals;
  const bool keyed = sni_engine_is_keyed(stream->info) && stream->options->in != SNI_FORMAT_TENSOR;
  totals->nanoseconds = sni_clock_ns() - start;
  totals->not_finite = stream->results.not_finite;
  totals->streams_opened = keyed ? stream->keys.opened : 1;
  totals->streams_live = keyed ? stream->keys.live : 1;
  totals->streams_evicted = keyed ? stream->keys.evicted : 0;
  switch (stream->options->summary) {
    case SNI_SUMMARY_TEXT:
      sni_summary_write(stream->log, totals, &stream->rejects, keyed);
      break;
    case SNI_SUMMARY_JSON:
      sni_summary_write_json(stream->log, totals, &stream->rejects);
      break;
    case SNI_SUMMARY_NONE:
      break;
  }
}

sni_status sni_stream_run(sni_stream* stream, const sni_engine_info* info,
                          const sni_options* options, sni_writer* out, sni_writer* log) {
  const sni_totals nothing = {0};
  const uint64_t start = sni_clock_ns();
  stream->info = info;
  stream->options = options;
  stream->out = out;
  stream->log = log;
  stream->begun = false;
  stream->filled = 0;
  stream->totals = nothing;
  if (!sni_capacity_check(info, options, log)) {
    return SNI_STATUS_FAILED;
  }
  open_parts(stream);
  /* Streams of keys start when their first row comes. */
  const bool keyed = sni_engine_is_keyed(info) && options->in != SNI_FORMAT_TENSOR;
  step now = keyed || start_state(stream, sni_engine_state(0)) ? STEP_ON : STEP_FAILED;
  while (now == STEP_ON) {
    now = take_next(stream);
  }
  if (now == STEP_END) {
    begin_output(stream);
  }
  sni_writer_flush(out);
  if (out->failure != NULL) {
    now = fail(stream, "the results cannot be written to standard output: ", out->failure);
  }
  summarise(stream, start);
  if (now == STEP_FAILED) {
    return SNI_STATUS_FAILED;
  }
  return stream->rejects.total > 0 ? SNI_STATUS_BAD_ROWS : SNI_STATUS_OK;
}

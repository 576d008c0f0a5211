#include "sni_rules/runtime/results.h"

#include <string.h>

#include "sni_rules/runtime/csv.h"
#include "sni_rules/runtime/json.h"
#include "sni_rules/runtime/names.h"
#include "sni_rules/runtime/tensor.h"

void sni_results_open(sni_results* results, const sni_engine_info* info, sni_writer* out,
                      sni_format format, const char* unit, bool raw) {
  results->info = info;
  results->out = out;
  results->format = format;
  results->unit = unit;
  results->raw = raw;
  results->count = sni_results_count(info, raw);
  results->not_finite = 0;
}

size_t sni_results_count(const sni_engine_info* info, bool raw) {
  if (!raw) {
    return info->result_count;
  }
  size_t count = 0;
  for (size_t i = 0; i < info->output_count; ++i) {
    count += info->outputs[i].elements;
  }
  return count;
}

/* The name of a result; raw ones are numbered through all outputs. */
static sni_text name_of(const sni_results* results, size_t index, char buffer[SNI_NAME_TEXT]) {
  static const char prefix[] = "output_";
  if (!results->raw) {
    return sni_result_name(results->info, index, buffer);
  }
  sni_text name = {buffer, sizeof prefix - 1};
  memcpy(buffer, prefix, name.size);
  name.size += sni_text_print_u64(index, 1, buffer + name.size);
  return name;
}

static sni_result_kind kind_of(const sni_results* results, size_t index) {
  return results->raw ? SNI_REAL : sni_result_kind_of(results->info, index);
}

/* The text of a label, or no data where the result is none; an index without a label is printed as
 * it is. */
static sni_text label_of(const sni_results* results, size_t index) {
  const sni_text none = {NULL, 0};
  if (kind_of(results, index) != SNI_LABEL) {
    return none;
  }
  const sni_result* const result = &results->info->results[index];
  const float value = results->values[index];
  if (!(value >= 0.0f && value < (float)result->label_count)) {
    return none;
  }
  return sni_text_of(result->labels[(size_t)value]);
}

static bool is_flag(const sni_results* results, size_t index) {
  return kind_of(results, index) == SNI_FLAG;
}

static void compute(sni_results* results, void* state) {
  if (!results->raw) {
    sni_engine_result(state, results->values);
  } else {
    float* at = results->values;
    for (size_t i = 0; i < results->info->output_count; ++i) {
      const sni_tensor* const output = &results->info->outputs[i];
      sni_tensor_load(output, sni_engine_output(state, i), at);
      at += output->elements;
    }
  }
  for (size_t i = 0; i < results->count; ++i) {
    const float value = results->values[i];
    results->not_finite += value - value != 0.0f;
  }
}

void sni_results_header(sni_results* results) {
  if (results->format != SNI_FORMAT_CSV) {
    return;
  }
  const sni_engine_info* const info = results->info;
  sni_write_string(results->out, results->unit);
  for (size_t i = 0; i < info->echo_count && !results->raw; ++i) {
    sni_write_char(results->out, ',');
    sni_csv_write(results->out, sni_text_of(info->columns[info->echo[i]]));
  }
  for (size_t i = 0; i < results->count; ++i) {
    char buffer[SNI_NAME_TEXT];
    sni_write_char(results->out, ',');
    sni_csv_write(results->out, name_of(results, i, buffer));
  }
  sni_write_char(results->out, '\n');
}

static void write_csv(sni_results* results, uint64_t number, const sni_row* row, bool due) {
  sni_writer* const out = results->out;
  sni_write_u64(out, number);
  for (size_t i = 0; row != NULL && i < results->info->echo_count; ++i) {
    sni_write_char(out, ',');
    sni_csv_write(out, row->echo[i]);
  }
  for (size_t i = 0; i < results->count; ++i) {
    sni_write_char(out, ',');
    if (!due) {
      continue;
    }
    const sni_text label = label_of(results, i);
    if (label.data != NULL) {
      sni_csv_write(out, label);
    } else if (is_flag(results, i)) {
      sni_write_char(out, results->values[i] != 0.0f ? '1' : '0');
    } else {
      sni_write_float(out, results->values[i]);
    }
  }
  sni_write_char(out, '\n');
}

static void write_json(sni_results* results, uint64_t number, const sni_row* row, bool due) {
  const sni_engine_info* const info = results->info;
  sni_json json = sni_json_start(results->out, false);
  sni_json_open(&json, '{');
  sni_json_name(&json, results->unit);
  sni_json_u64(&json, number);
  for (size_t i = 0; row != NULL && i < info->echo_count; ++i) {
    sni_json_name(&json, info->columns[info->echo[i]]);
    sni_json_text(&json, row->echo[i]);
  }
  for (size_t i = 0; i < results->count; ++i) {
    char buffer[SNI_NAME_TEXT];
    sni_json_name_text(&json, name_of(results, i, buffer));
    if (!due) {
      sni_json_null(&json);
      continue;
    }
    const sni_text label = label_of(results, i);
    if (label.data != NULL) {
      sni_json_text(&json, label);
    } else if (is_flag(results, i)) {
      sni_json_bool(&json, results->values[i] != 0.0f);
    } else {
      sni_json_float(&json, results->values[i]);
    }
  }
  sni_json_close(&json, '}');
  sni_write_char(results->out, '\n');
}

static void write_f32(sni_results* results, bool due) {
  const uint32_t quiet_nan = 0x7FC00000u;
  if (due) {
    sni_write_bytes(results->out, results->values, results->count * sizeof results->values[0]);
    return;
  }
  for (size_t i = 0; i < results->count; ++i) {
    sni_write_bytes(results->out, &quiet_nan, sizeof quiet_nan);
  }
}

static void write_tensors(sni_results* results, void* state) {
  for (size_t i = 0; i < results->info->output_count; ++i) {
    sni_write_bytes(results->out, sni_engine_output(state, i), results->info->outputs[i].bytes);
  }
}

void sni_results_row(sni_results* results, uint64_t number, const sni_row* row, void* state) {
  const bool due = state != NULL;
  if (results->format == SNI_FORMAT_TENSOR) {
    if (due) {
      write_tensors(results, state);
    }
    return;
  }
  if (due) {
    compute(results, state);
  }
  switch (results->format) {
    case SNI_FORMAT_CSV:
      write_csv(results, number, row, due);
      break;
    case SNI_FORMAT_JSONL:
      write_json(results, number, row, due);
      break;
    default:
      write_f32(results, due);
      break;
  }
}

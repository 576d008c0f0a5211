#include "sni_rules/runtime/info.h"

#include <stdbool.h>

#include "sni_rules/runtime/columns.h"
#include "sni_rules/runtime/figures.h"
#include "sni_rules/runtime/names.h"
#include "sni_rules/runtime/tensor.h"

static bool contains(const size_t* list, size_t count, size_t wanted) {
  for (size_t i = 0; i < count; ++i) {
    if (list[i] == wanted) {
      return true;
    }
  }
  return false;
}

static void write_column(const sni_engine_info* info, size_t column, sni_json* json) {
  char buffer[SNI_NAME_TEXT];
  const bool value = sni_column_is_value(info, column);
  sni_json_open(json, '{');
  sni_json_name(json, "name");
  sni_json_text(json, sni_column_name(info, column, buffer));
  sni_json_name(json, "roles");
  sni_json_open(json, '[');
  if (value) {
    sni_json_string(json, "value");
  }
  if (sni_engine_is_keyed(info) && (size_t)info->key_column == column) {
    sni_json_string(json, "key");
  }
  if (contains(info->echo, info->echo_count, column)) {
    sni_json_string(json, "echo");
  }
  sni_json_close(json, ']');
  sni_json_name(json, "frame_type");
  sni_json_string(json, value ? "float32" : "uint32");
  sni_json_close(json, '}');
}

static void write_result(const sni_engine_info* info, size_t index, sni_json* json) {
  static const char* const kinds[] = {"real", "flag", "label"};
  sni_json_open(json, '{');
  sni_json_name(json, "name");
  char buffer[SNI_NAME_TEXT];
  const sni_result_kind kind = sni_result_kind_of(info, index);
  sni_json_text(json, sni_result_name(info, index, buffer));
  sni_json_name(json, "kind");
  sni_json_string(json, kinds[kind]);
  if (kind == SNI_LABEL) {
    const sni_result* const result = &info->results[index];
    sni_json_name(json, "labels");
    sni_json_open(json, '[');
    for (size_t i = 0; i < result->label_count; ++i) {
      sni_json_string(json, result->labels[i]);
    }
    sni_json_close(json, ']');
  }
  sni_json_close(json, '}');
}

static void write_tensor(const sni_tensor* tensor, sni_json* json) {
  sni_json_open(json, '{');
  sni_json_name(json, "name");
  sni_json_string(json, tensor->name);
  sni_json_name(json, "dtype");
  sni_json_string(json, sni_dtype_name(tensor->dtype));
  sni_json_name(json, "shape");
  sni_json_open(json, '[');
  for (size_t i = 0; i < tensor->rank; ++i) {
    sni_json_i64(json, tensor->shape[i]);
  }
  sni_json_close(json, ']');
  sni_json_name(json, "bytes");
  sni_json_u64(json, tensor->bytes);
  sni_json_name(json, "scale");
  if (tensor->scale > 0.0f) {
    sni_json_float(json, tensor->scale);
  } else {
    sni_json_null(json);
  }
  sni_json_name(json, "zero_point");
  if (tensor->scale > 0.0f) {
    sni_json_i64(json, tensor->zero_point);
  } else {
    sni_json_null(json);
  }
  sni_json_close(json, '}');
}

static void write_tensors(const char* name, const sni_tensor* tensors, size_t count,
                          sni_json* json) {
  sni_json_name(json, name);
  sni_json_open(json, '[');
  for (size_t i = 0; i < count; ++i) {
    write_tensor(&tensors[i], json);
  }
  sni_json_close(json, ']');
}

void sni_info_write(const sni_engine_info* info, sni_writer* out) {
  sni_json json = sni_json_start(out, true);
  sni_json_open(&json, '{');
  sni_figures_write(info, &json);
  sni_json_name(&json, "streams");
  sni_json_u64(&json, sni_engine_is_keyed(info) ? info->state_count : 1);
  sni_json_name(&json, "columns");
  sni_json_open(&json, '[');
  for (size_t i = 0; i < info->column_count; ++i) {
    write_column(info, i, &json);
  }
  sni_json_close(&json, ']');
  sni_json_name(&json, "results");
  sni_json_open(&json, '[');
  for (size_t i = 0; i < info->result_count; ++i) {
    write_result(info, i, &json);
  }
  sni_json_close(&json, ']');
  write_tensors("inputs", info->inputs, info->input_count, &json);
  write_tensors("outputs", info->outputs, info->output_count, &json);
  sni_json_close(&json, '}');
  sni_write_char(out, '\n');
}

#include "sni_rules/runtime/frame_rows.h"

#include <string.h>

#include "sni_rules/runtime/names.h"

#define SNI_CELL_BYTES 4

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "binary frames are little-endian, and so must be the target"
#endif

size_t sni_frame_bytes(const sni_engine_info* info) { return info->column_count * SNI_CELL_BYTES; }

static float float_cell(const char* frame, size_t column) {
  float value;
  memcpy(&value, frame + column * SNI_CELL_BYTES, sizeof value);
  return value;
}

/* The cell as the text that a CSV row would have. */
static sni_text cell_text(const sni_columns* columns, const char* frame, size_t column,
                          char* buffer) {
  sni_text text = {buffer, 0};
  if ((columns->roles[column] & SNI_ROLE_VALUE) != 0) {
    text.size = sni_float_print(float_cell(frame, column), buffer);
  } else {
    uint32_t number;
    memcpy(&number, frame + column * SNI_CELL_BYTES, sizeof number);
    text.size = sni_text_print_u64(number, 1, buffer);
  }
  return text;
}

bool sni_frame_row(const sni_columns* columns, const char* frame, sni_row* row,
                   sni_reject* reject) {
  const sni_engine_info* const info = columns->info;
  for (size_t i = 0; i < info->value_count; ++i) {
    const size_t column = sni_value_column(info, i);
    row->values[i] = float_cell(frame, column);
    if (row->values[i] - row->values[i] != 0.0f) {
      reject->reason = SNI_NOT_FINITE;
      reject->column = sni_column_name(info, column, reject->name);
      reject->value = cell_text(columns, frame, column, row->cells[0]);
      return false;
    }
  }
  for (size_t i = 0; i < info->echo_count; ++i) {
    row->echo[i] = cell_text(columns, frame, info->echo[i], row->cells[i]);
  }
  if (sni_engine_is_keyed(info)) {
    row->key = cell_text(columns, frame, (size_t)info->key_column, row->cells[SNI_MAX_ECHO]);
  }
  return true;
}

#include "sni_rules/runtime/csv_rows.h"

#include <string.h>

#include "sni_rules/runtime/csv.h"
#include "sni_rules/runtime/float_parse.h"
#include "sni_rules/runtime/header.h"
#include "sni_rules/runtime/names.h"

void sni_csv_rows_open(sni_csv_rows* rows, const sni_columns* columns, sni_header header,
                       char comment) {
  rows->columns = columns;
  rows->header = header;
  rows->comment = comment;
  rows->decided = false;
  rows->count = 0;
  rows->field_count = columns->info->column_count;
}

static bool reject_field(sni_reject* reject, sni_reason reason, const sni_engine_info* info,
                         size_t column, sni_text value) {
  reject->reason = reason;
  reject->column = sni_column_name(info, column, reject->name);
  reject->value = value;
  return false;
}

static bool reject_count(sni_reject* reject, sni_reason reason, uint64_t found, uint64_t expected) {
  reject->reason = reason;
  reject->found = found;
  reject->expected = expected;
  return false;
}

static bool take_values(const sni_csv_rows* rows, sni_row* row, sni_reject* reject) {
  const sni_engine_info* const info = rows->columns->info;
  for (size_t i = 0; i < info->value_count; ++i) {
    const size_t column = sni_value_column(info, i);
    const sni_text field = rows->fields[rows->positions[column]];
    switch (sni_float_parse(field, &row->values[i])) {
      case SNI_NUMBER_OK:
        break;
      case SNI_NUMBER_EMPTY:
        return reject_field(reject, SNI_EMPTY_FIELD, info, column, field);
      case SNI_NUMBER_TEXT:
        return reject_field(reject, SNI_NOT_A_NUMBER, info, column, field);
      case SNI_NUMBER_NOT_FINITE:
        return reject_field(reject, SNI_NOT_FINITE, info, column, field);
      case SNI_NUMBER_OUT_OF_RANGE:
        return reject_field(reject, SNI_OUT_OF_RANGE, info, column, field);
    }
  }
  return true;
}

static bool take_key(const sni_csv_rows* rows, sni_row* row, sni_reject* reject) {
  const sni_engine_info* const info = rows->columns->info;
  const size_t column = (size_t)info->key_column;
  row->key = sni_text_trim(rows->fields[rows->positions[column]]);
  if (row->key.size == 0) {
    return reject_field(reject, SNI_EMPTY_FIELD, info, column, row->key);
  }
  if (row->key.size > SNI_MAX_KEY) {
    reject_count(reject, SNI_KEY_TOO_LONG, row->key.size, SNI_MAX_KEY);
    return reject_field(reject, SNI_KEY_TOO_LONG, info, column, row->key);
  }
  return true;
}

static bool take_row(const sni_csv_rows* rows, sni_row* row, sni_reject* reject) {
  const sni_engine_info* const info = rows->columns->info;
  if (rows->count != rows->field_count) {
    const sni_reason reason =
        rows->count < rows->field_count ? SNI_TOO_FEW_COLUMNS : SNI_TOO_MANY_COLUMNS;
    return reject_count(reject, reason, rows->count, rows->field_count);
  }
  if (!take_values(rows, row, reject)) {
    return false;
  }
  if (sni_engine_is_keyed(info) && !take_key(rows, row, reject)) {
    return false;
  }
  for (size_t i = 0; i < info->echo_count; ++i) {
    row->echo[i] = rows->fields[rows->positions[info->echo[i]]];
  }
  return true;
}

/* The first line that has fields: decides what all lines are. */
static sni_line take_first(sni_csv_rows* rows, sni_row* row, sni_reject* reject) {
  if (rows->count > SNI_MAX_COLUMNS) {
    reject_count(reject, SNI_TOO_MANY_COLUMNS, rows->count, rows->field_count);
    return SNI_LINE_BAD_ROW;
  }
  rows->decided = true;
  if (rows->header != SNI_HEADER_NO &&
      sni_header_match(rows->columns, rows->fields, rows->count, rows->positions)) {
    rows->field_count = rows->count;
    return SNI_LINE_HEADER;
  }
  if (rows->header == SNI_HEADER_YES) {
    return SNI_LINE_WRONG_HEADER;
  }
  /* By position, that is; a header that does not match may have set some of them. */
  for (size_t i = 0; i < rows->field_count; ++i) {
    rows->positions[i] = i;
  }
  if (take_row(rows, row, reject)) {
    return SNI_LINE_ROW;
  }
  const bool header = rows->header == SNI_HEADER_AUTO &&
                      sni_header_plausible(rows->columns, rows->fields, rows->count);
  return header ? SNI_LINE_WRONG_HEADER : SNI_LINE_BAD_ROW;
}

sni_line sni_csv_rows_take(sni_csv_rows* rows, sni_chunk line, uint64_t number, sni_row* row,
                           sni_reject* reject) {
  static const char byte_order_mark[] = "\xEF\xBB\xBF";
  if (number == 1 && line.size >= 3 && memcmp(line.data, byte_order_mark, 3) == 0) {
    line.data += 3;
    line.size -= 3;
  }
  const sni_text all = {line.data, line.size};
  const sni_text text = sni_text_trim(all);
  if (text.size == 0) {
    return SNI_LINE_BLANK;
  }
  if (rows->comment != '\0' && text.data[0] == rows->comment) {
    return SNI_LINE_COMMENT;
  }
  const char* const nul = memchr(line.data, '\0', line.size);
  if (nul != NULL) {
    reject_count(reject, SNI_NUL_BYTE, (size_t)(nul - line.data) + 1, line.size);
    return SNI_LINE_BAD_ROW;
  }
  const sni_csv split =
      sni_csv_split(line.data, line.size, rows->fields, SNI_MAX_COLUMNS, &rows->count);
  if (split != SNI_CSV_OK) {
    const sni_reason reason = split == SNI_CSV_UNCLOSED ? SNI_UNCLOSED_QUOTE : SNI_TEXT_AFTER_QUOTE;
    reject_count(reject, reason, rows->count + 1, 0);
    return SNI_LINE_BAD_ROW;
  }
  if (!rows->decided) {
    return take_first(rows, row, reject);
  }
  return take_row(rows, row, reject) ? SNI_LINE_ROW : SNI_LINE_BAD_ROW;
}

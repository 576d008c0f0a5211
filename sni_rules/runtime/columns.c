#include "sni_rules/runtime/columns.h"

#include "sni_rules/runtime/names.h"

static void add_role(sni_columns* columns, size_t column, unsigned char role) {
  columns->needed += columns->roles[column] == 0;
  columns->roles[column] = (unsigned char)(columns->roles[column] | role);
}

void sni_columns_open(sni_columns* columns, const sni_engine_info* info) {
  columns->info = info;
  columns->needed = 0;
  for (size_t i = 0; i < info->column_count; ++i) {
    columns->roles[i] = 0;
  }
  for (size_t i = 0; i < info->value_count; ++i) {
    add_role(columns, sni_value_column(info, i), SNI_ROLE_VALUE);
  }
  if (sni_engine_is_keyed(info)) {
    add_role(columns, (size_t)info->key_column, SNI_ROLE_KEY);
  }
  for (size_t i = 0; i < info->echo_count; ++i) {
    add_role(columns, info->echo[i], SNI_ROLE_ECHO);
  }
}

bool sni_engine_is_keyed(const sni_engine_info* info) { return info->key_column >= 0; }

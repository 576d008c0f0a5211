#include "sni_rules/runtime/names.h"

#include <string.h>

/* PREFIX_ELEMENT, or PREFIX_TENSOR_ELEMENT where there are several tensors. */
static sni_text element_name(const char* prefix, const sni_tensor* tensors, size_t count,
                             size_t element, char buffer[SNI_NAME_TEXT]) {
  sni_text name = {buffer, strlen(prefix)};
  memcpy(buffer, prefix, name.size);
  if (count > 1) {
    size_t tensor = 0;
    for (; tensor + 1 < count && element >= tensors[tensor].elements; ++tensor) {
      element -= tensors[tensor].elements;
    }
    name.size += sni_text_print_u64(tensor, 1, buffer + name.size);
    buffer[name.size++] = '_';
  }
  name.size += sni_text_print_u64(element, 1, buffer + name.size);
  return name;
}

sni_text sni_column_name(const sni_engine_info* info, size_t column, char buffer[SNI_NAME_TEXT]) {
  if (info->columns != NULL) {
    return sni_text_of(info->columns[column]);
  }
  return element_name("input_", info->inputs, info->input_count, column, buffer);
}

sni_text sni_result_name(const sni_engine_info* info, size_t index, char buffer[SNI_NAME_TEXT]) {
  if (info->results != NULL) {
    return sni_text_of(info->results[index].name);
  }
  return element_name("output_", info->outputs, info->output_count, index, buffer);
}

size_t sni_value_column(const sni_engine_info* info, size_t index) {
  return info->values != NULL ? info->values[index] : index;
}

bool sni_column_is_value(const sni_engine_info* info, size_t column) {
  for (size_t i = 0; i < info->value_count; ++i) {
    if (sni_value_column(info, i) == column) {
      return true;
    }
  }
  return false;
}

sni_result_kind sni_result_kind_of(const sni_engine_info* info, size_t index) {
  return info->results != NULL ? info->results[index].kind : SNI_REAL;
}

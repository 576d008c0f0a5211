#include "sni_rules/runtime/csv.h"

#include <stdbool.h>
#include <string.h>

/* The field that starts at `at`; returns where it ends: at a comma or at `end`, or NULL without a
 * closing quote. */
static char* unquote(char* at, const char* end, sni_text* field) {
  char* to = ++at;
  field->data = to;
  for (;; ++at) {
    if (at == end) {
      return NULL;
    }
    if (*at == '"') {
      ++at;
      if (at == end || *at != '"') {
        field->size = (size_t)(to - field->data);
        return at;
      }
    }
    *to++ = *at;
  }
}

sni_csv sni_csv_split(char* line, size_t size, sni_text* fields, size_t capacity, size_t* count) {
  char* at = line;
  const char* const end = line + size;
  for (size_t index = 0;; ++index) {
    sni_text field = {at, 0};
    *count = index;
    if (at < end && *at == '"') {
      at = unquote(at, end, &field);
      if (at == NULL) {
        return SNI_CSV_UNCLOSED;
      }
      if (at < end && *at != ',') {
        return SNI_CSV_AFTER_QUOTE;
      }
    } else {
      while (at < end && *at != ',') {
        ++at;
      }
      field.size = (size_t)(at - field.data);
    }
    if (index < capacity) {
      fields[index] = field;
    }
    if (at == end) {
      *count = index + 1;
      return SNI_CSV_OK;
    }
    ++at;
  }
}

static bool needs_quotes(sni_text field) {
  if (field.size == 0) {
    return false;
  }
  const char first = field.data[0];
  const char last = field.data[field.size - 1];
  if (first == ' ' || first == '\t' || last == ' ' || last == '\t') {
    return true;
  }
  for (size_t i = 0; i < field.size; ++i) {
    const char c = field.data[i];
    if (c == ',' || c == '"' || c == '\r' || c == '\n') {
      return true;
    }
  }
  return false;
}

void sni_csv_write(sni_writer* writer, sni_text field) {
  if (!needs_quotes(field)) {
    sni_write_text(writer, field);
    return;
  }
  sni_write_char(writer, '"');
  for (size_t i = 0; i < field.size; ++i) {
    if (field.data[i] == '"') {
      sni_write_char(writer, '"');
    }
    sni_write_char(writer, field.data[i]);
  }
  sni_write_char(writer, '"');
}

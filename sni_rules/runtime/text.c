#include "sni_rules/runtime/text.h"

#include <string.h>

sni_text sni_text_of(const char* string) {
  const sni_text text = {string, strlen(string)};
  return text;
}

static bool is_blank(char c) { return c == ' ' || c == '\t'; }

sni_text sni_text_trim(sni_text text) {
  while (text.size > 0 && is_blank(text.data[0])) {
    ++text.data;
    --text.size;
  }
  while (text.size > 0 && is_blank(text.data[text.size - 1])) {
    --text.size;
  }
  return text;
}

bool sni_text_equal(sni_text a, sni_text b) {
  return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

size_t sni_text_print_u64(uint64_t number, size_t width, char text[SNI_U64_TEXT]) {
  char reversed[SNI_U64_TEXT];
  size_t count = 0;
  for (; number > 0 || count < width; number /= 10) {
    reversed[count++] = (char)('0' + number % 10);
  }
  for (size_t i = 0; i < count; ++i) {
    text[i] = reversed[count - 1 - i];
  }
  return count;
}

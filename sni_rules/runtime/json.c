#include "sni_rules/runtime/json.h"

#include <string.h>

#define SNI_PRETTY_DEPTH 2

sni_json sni_json_start(sni_writer* writer, bool pretty) {
  const sni_json json = {writer, pretty, 0, true, false};
  return json;
}

static void break_line(const sni_json* json) {
  if (json->pretty && json->depth <= SNI_PRETTY_DEPTH) {
    sni_write_char(json->writer, '\n');
    for (int i = 0; i < json->depth; ++i) {
      sni_write_string(json->writer, "  ");
    }
  }
}

/* What stands before a name, or before a value that has none. */
static void separate(sni_json* json) {
  if (json->named) {
    json->named = false;
    return;
  }
  if (!json->first) {
    sni_write_char(json->writer, ',');
    if (json->pretty && json->depth > SNI_PRETTY_DEPTH) {
      sni_write_char(json->writer, ' ');
    }
  }
  if (json->depth > 0) {
    break_line(json);
  }
  json->first = false;
}

void sni_json_open(sni_json* json, char bracket) {
  separate(json);
  sni_write_char(json->writer, bracket);
  ++json->depth;
  json->first = true;
}

void sni_json_close(sni_json* json, char bracket) {
  --json->depth;
  /* A line of its own where the members had theirs. */
  if (!json->first && json->depth < SNI_PRETTY_DEPTH) {
    break_line(json);
  }
  sni_write_char(json->writer, bracket);
  json->first = false;
}

void sni_json_null(sni_json* json) {
  separate(json);
  sni_write_string(json->writer, "null");
}

void sni_json_bool(sni_json* json, bool value) {
  separate(json);
  sni_write_string(json->writer, value ? "true" : "false");
}

void sni_json_u64(sni_json* json, uint64_t value) {
  separate(json);
  sni_write_u64(json->writer, value);
}

void sni_json_i64(sni_json* json, int64_t value) {
  separate(json);
  sni_write_i64(json->writer, value);
}

void sni_json_float(sni_json* json, float value) {
  if (value - value != 0.0f) {
    sni_json_null(json);
    return;
  }
  separate(json);
  sni_write_float(json->writer, value);
}

void sni_json_decimal(sni_json* json, uint64_t value, int decimals) {
  separate(json);
  sni_write_decimal(json->writer, value, decimals);
}

size_t sni_utf8_length(sni_text text) {
  const unsigned char* const at = (const unsigned char*)text.data;
  const unsigned char lead = at[0];
  if (lead < 0x80) {
    return 1;
  }
  const size_t length = lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 0;
  if (length == 0 || length > text.size) {
    return 0;
  }
  /* The second byte's range keeps out overlong forms, surrogates and what lies beyond U+10FFFF. */
  const unsigned char low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  const unsigned char high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  if (at[1] < low || at[1] > high) {
    return 0;
  }
  for (size_t i = 2; i < length; ++i) {
    if ((at[i] & 0xC0) != 0x80) {
      return 0;
    }
  }
  return length;
}

static void write_escaped(sni_writer* writer, char c) {
  static const char hexadecimal[] = "0123456789abcdef";
  static const char named[] = "\"\\\b\f\n\r\t";
  static const char letters[] = "\"\\bfnrt";
  const char* const found = c != '\0' ? strchr(named, c) : NULL;
  if (found != NULL) {
    const char escape[2] = {'\\', letters[found - named]};
    sni_write_bytes(writer, escape, sizeof escape);
  } else {
    const char escape[6] = {'\\', 'u', '0', '0', hexadecimal[c >> 4 & 15], hexadecimal[c & 15]};
    sni_write_bytes(writer, escape, sizeof escape);
  }
}

void sni_json_text(sni_json* json, sni_text value) {
  separate(json);
  sni_writer* const writer = json->writer;
  sni_write_char(writer, '"');
  while (value.size > 0) {
    const unsigned char c = (unsigned char)value.data[0];
    size_t length = sni_utf8_length(value);
    if (length == 0) {
      sni_write_string(writer, "\\ufffd");
      length = 1;
    } else if (c < ' ' || c == '"' || c == '\\') {
      write_escaped(writer, (char)c);
    } else {
      sni_write_bytes(writer, value.data, length);
    }
    value.data += length;
    value.size -= length;
  }
  sni_write_char(writer, '"');
}

void sni_json_string(sni_json* json, const char* value) { sni_json_text(json, sni_text_of(value)); }

void sni_json_name_text(sni_json* json, sni_text name) {
  sni_json_text(json, name);
  sni_write_string(json->writer, json->pretty ? ": " : ":");
  json->named = true;
}

void sni_json_name(sni_json* json, const char* name) {
  sni_json_name_text(json, sni_text_of(name));
}

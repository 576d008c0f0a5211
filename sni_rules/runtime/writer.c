#include "sni_rules/runtime/writer.h"

#include <string.h>

#include "sni_rules/runtime/float_print.h"

#define SNI_QUOTED_BYTES 40

void sni_writer_open(sni_writer* writer, sni_io_stream stream) {
  writer->stream = stream;
  writer->failure = NULL;
  writer->used = 0;
}

static void hand_on(sni_writer* writer, const char* data, size_t size) {
  if (writer->failure == NULL && size > 0) {
    writer->failure = sni_io_write(writer->stream, data, size);
  }
}

bool sni_writer_flush(sni_writer* writer) {
  hand_on(writer, writer->buffer, writer->used);
  writer->used = 0;
  return writer->failure == NULL;
}

void sni_write_bytes(sni_writer* writer, const void* data, size_t size) {
  if (size > sizeof writer->buffer - writer->used) {
    sni_writer_flush(writer);
    if (size > sizeof writer->buffer) {
      hand_on(writer, data, size);
      return;
    }
  }
  if (size > 0) {
    memcpy(writer->buffer + writer->used, data, size);
    writer->used += size;
  }
}

void sni_write_char(sni_writer* writer, char c) { sni_write_bytes(writer, &c, 1); }

void sni_write_text(sni_writer* writer, sni_text text) {
  sni_write_bytes(writer, text.data, text.size);
}

void sni_write_string(sni_writer* writer, const char* string) {
  sni_write_bytes(writer, string, strlen(string));
}

void sni_write_u64(sni_writer* writer, uint64_t number) {
  char digits[SNI_U64_TEXT];
  sni_write_bytes(writer, digits, sni_text_print_u64(number, 1, digits));
}

void sni_write_i64(sni_writer* writer, int64_t number) {
  if (number < 0) {
    sni_write_char(writer, '-');
  }
  sni_write_u64(writer, number < 0 ? 0 - (uint64_t)number : (uint64_t)number);
}

void sni_write_float(sni_writer* writer, float number) {
  char text[SNI_FLOAT_TEXT];
  sni_write_bytes(writer, text, sni_float_print(number, text));
}

void sni_write_decimal(sni_writer* writer, uint64_t number, int decimals) {
  char digits[SNI_U64_TEXT];
  const size_t after = (size_t)decimals;
  const size_t count = sni_text_print_u64(number, after + 1, digits);
  sni_write_bytes(writer, digits, count - after);
  sni_write_char(writer, '.');
  sni_write_bytes(writer, digits + count - after, after);
}

void sni_write_quoted(sni_writer* writer, sni_text text) {
  static const char hexadecimal[] = "0123456789abcdef";
  sni_write_char(writer, '\'');
  for (size_t i = 0; i < text.size && i < SNI_QUOTED_BYTES; ++i) {
    const unsigned char c = (unsigned char)text.data[i];
    if (c >= ' ' && c <= '~') {
      sni_write_char(writer, (char)c);
    } else {
      const char escape[4] = {'\\', 'x', hexadecimal[c >> 4], hexadecimal[c & 15]};
      sni_write_bytes(writer, escape, sizeof escape);
    }
  }
  sni_write_string(writer, text.size > SNI_QUOTED_BYTES ? "...'" : "'");
}

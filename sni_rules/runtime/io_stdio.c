/* Standard C, for whatever has a <stdio.h>: newlib over semihosting, for one. fread() waits until
 * its buffer is full, which on a live stream is too long, so a piece ends with a line. */
#include "sni_rules/runtime/io.h"

#include <stdio.h>

void sni_io_start(void) {}

const char* sni_io_read(char* buffer, size_t capacity, size_t* size) {
  *size = 0;
  while (*size < capacity) {
    const int c = getc(stdin);
    if (c == EOF) {
      return ferror(stdin) ? "read error" : NULL;
    }
    buffer[(*size)++] = (char)c;
    if (c == '\n') {
      break;
    }
  }
  return NULL;
}

const char* sni_io_write(sni_io_stream stream, const char* data, size_t size) {
  FILE* const file = stream == SNI_IO_OUT ? stdout : stderr;
  return fwrite(data, 1, size, file) == size && fflush(file) == 0 ? NULL : "write error";
}

/* Bare metal without a C library's streams: the emulator, or a debugger, answers. */
#include "platforms/cortex_m/semihosting.h"
#include "sni_rules/runtime/io.h"

void sni_io_start(void) {}

const char* sni_io_read(char* buffer, size_t capacity, size_t* size) {
  const int32_t got = sni_semihosting_read(buffer, capacity);
  *size = got > 0 ? (size_t)got : 0;
  return got < 0 ? "read error" : NULL;
}

const char* sni_io_write(sni_io_stream stream, const char* data, size_t size) {
  const sni_semihosting_file file =
      stream == SNI_IO_OUT ? SNI_SEMIHOSTING_OUT : SNI_SEMIHOSTING_ERR;
  return sni_semihosting_write(file, data, size) ? NULL : "write error";
}

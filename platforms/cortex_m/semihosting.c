#include "platforms/cortex_m/semihosting.h"

#include <string.h>

enum {
  SYS_OPEN = 0x01,
  SYS_WRITE = 0x05,
  SYS_READ = 0x06,
  SYS_GET_CMDLINE = 0x15,
  SYS_EXIT_EXTENDED = 0x20,
  ADP_STOPPED_APPLICATION_EXIT = 0x20026
};

/* What stands for a space within an argument: the command line has its arguments joined by spaces.
 */
#define SPACE_IN_ARGUMENT '\001'

#define COMMAND_LINE_BYTES 1024

int32_t sni_semihosting_call(uint32_t operation, const void* argument) {
  register uint32_t result __asm__("r0") = operation;
  register const void* block __asm__("r1") = argument;
  __asm__ volatile("bkpt 0xab" : "+r"(result) : "r"(block) : "memory");
  return (int32_t)result;
}

/* The handle of a standard stream; all three are called ":tt" and told apart by how they are
 * opened. */
static uintptr_t handle_of(sni_semihosting_file file) {
  static const uint8_t modes[] = {0 /* r */, 4 /* w */, 8 /* a: standard error */};
  static int32_t handles[] = {-1, -1, -1};
  if (handles[file] < 0) {
    const uintptr_t block[] = {(uintptr_t)":tt", modes[file], 3};
    handles[file] = sni_semihosting_call(SYS_OPEN, block);
  }
  return (uintptr_t)handles[file];
}

int32_t sni_semihosting_read(void* buffer, size_t capacity) {
  const uintptr_t block[] = {handle_of(SNI_SEMIHOSTING_IN), (uintptr_t)buffer, capacity};
  const int32_t left = sni_semihosting_call(SYS_READ, block); /* bytes that were not read */
  return left < 0 ? -1 : (int32_t)capacity - left;
}

int sni_semihosting_write(sni_semihosting_file file, const void* data, size_t size) {
  const uintptr_t block[] = {handle_of(file), (uintptr_t)data, size};
  return sni_semihosting_call(SYS_WRITE, block) == 0;
}

int sni_semihosting_arguments(char** argv, int capacity) {
  static char line[COMMAND_LINE_BYTES];
  uintptr_t block[] = {(uintptr_t)line, sizeof line};
  if (sni_semihosting_call(SYS_GET_CMDLINE, block) != 0) {
    line[0] = '\0';
  }
  int count = 0;
  for (char* at = line; *at != '\0' && count + 1 < capacity;) {
    argv[count++] = at;
    at += strcspn(at, " ");
    if (*at == ' ') {
      *at++ = '\0';
    }
  }
  argv[count] = NULL;
  for (int i = 0; i < count; ++i) {
    for (char* at = argv[i]; *at != '\0'; ++at) {
      *at = *at == SPACE_IN_ARGUMENT ? ' ' : *at;
    }
  }
  return count;
}

void sni_semihosting_exit(int status) {
  const uintptr_t block[] = {ADP_STOPPED_APPLICATION_EXIT, (uintptr_t)status};
  for (;;) {
    sni_semihosting_call(SYS_EXIT_EXTENDED, block);
  }
}

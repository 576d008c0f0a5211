/* QEMU's mps2-an386: a Cortex-M4 at 25 MHz. Output goes through semihosting to QEMU's own. */
#include "examples/firmware_kws/board.h"

enum { SYS_OPEN = 0x01, SYS_WRITE = 0x05, SYS_EXIT_EXTENDED = 0x20, APPLICATION_EXIT = 0x20026 };

/* ":tt" opened for writing is the standard output. */
enum { MODE_WRITE = 4, NAME_BYTES = 3 };

static uint32_t console;

static uint32_t semihosting(uint32_t operation, const uint32_t* block) {
  register uint32_t r0 __asm__("r0") = operation;
  register const uint32_t* r1 __asm__("r1") = block;
  __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
  return r0;
}

uint32_t board_start(void) {
  const uint32_t block[] = {(uint32_t)":tt", MODE_WRITE, NAME_BYTES};
  console = semihosting(SYS_OPEN, block);
  return 25000000;
}

void board_write(const char* text, uint32_t bytes) {
  const uint32_t block[] = {console, (uint32_t)text, bytes};
  (void)semihosting(SYS_WRITE, block);
}

void board_stop(int status) {
  const uint32_t block[] = {APPLICATION_EXIT, (uint32_t)status};
  for (;;) {
    (void)semihosting(SYS_EXIT_EXTENDED, block);
  }
}

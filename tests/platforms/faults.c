/* Does what the processor cannot: which of it, the argument says. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static volatile int zero;

__attribute__((noinline)) static int overflow(volatile char* above) {
  volatile char here[256];
  here[0] = *above;
  return overflow(here) + here[0];
}

int main(int argc, char* argv[]) {
  const char* const which = argc > 1 ? argv[1] : "none";
  if (strcmp(which, "address") == 0) {
    *(volatile uint32_t*)(uintptr_t)strtoul(argv[2], NULL, 16) = 1;
  } else if (strcmp(which, "instruction") == 0) {
    __asm__ volatile("udf #7");
  } else if (strcmp(which, "division") == 0) {
    zero = 7 / zero;
  } else if (strcmp(which, "alignment") == 0) {
    static uint32_t words[2];
    zero = (int)*(volatile uint32_t*)((uintptr_t)words + 1);
  } else if (strcmp(which, "stack") == 0) {
    char here = 1;
    return overflow(&here);
  }
  puts("no fault");
  return 0;
}

/* AN547: the system counter of SSE-300, 64 bits at 32 MHz, by its secure addresses. */
#include <stdbool.h>

#include "platforms/cortex_m/board.h"

#define COUNTER_CONTROL (*(volatile uint32_t*)0x58100000u)
#define COUNT_LOW (*(volatile uint32_t*)0x58000000u) /* as timer 0 shows it */
#define COUNT_HIGH (*(volatile uint32_t*)0x58000004u)

static uint64_t ticks(void) {
  for (;;) {
    const uint32_t high = COUNT_HIGH;
    const uint32_t low = COUNT_LOW;
    if (high == COUNT_HIGH) {
      return (uint64_t)high << 32 | low;
    }
  }
}

uint64_t sni_board_ns(void) {
  COUNTER_CONTROL = 1;
  return ticks() * 125u / 4u;
}

/* AN385, AN386, AN500, AN505: a CMSDK timer of 32 bits that counts down. */
#include <stdbool.h>

#include "platforms/cortex_m/board.h"

typedef struct cmsdk_timer {
  volatile uint32_t control;
  volatile uint32_t value;
  volatile uint32_t reload;
} cmsdk_timer;

#if defined(__ARM_ARCH_8M_MAIN__)
#define TIMER ((cmsdk_timer*)0x50000000u) /* TIMER0, secure alias */
#define TICK_NS 50u                       /* 20 MHz */
#else
#define TIMER ((cmsdk_timer*)0x40000000u)
#define TICK_NS 40u /* 25 MHz */
#endif

uint64_t sni_board_ns(void) {
  static bool started;
  static uint32_t last;
  static uint64_t ticks;
  if (!started) {
    TIMER->reload = UINT32_MAX;
    TIMER->value = UINT32_MAX;
    TIMER->control = 1;
    last = UINT32_MAX;
    started = true;
  }
  /* A wrap takes minutes, and no program is that long between two calls. */
  const uint32_t now = TIMER->value;
  ticks += last - now;
  last = now;
  return ticks * TICK_NS;
}

/* Standard C: the processor time of clock(), often in steps of 10 ms (semihosting has no finer). */
#include <time.h>

#include "sni_rules/runtime/clock.h"

uint64_t sni_clock_ns(void) {
  const uint64_t ticks = (uint64_t)clock();
  const uint64_t per_second = (uint64_t)CLOCKS_PER_SEC;
  return ticks / per_second * 1000000000u + ticks % per_second * 1000000000u / per_second;
}

#define _POSIX_C_SOURCE 200112L

#include <time.h>

#include "sni_rules/runtime/clock.h"

uint64_t sni_clock_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

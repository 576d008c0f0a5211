/* Linux: perf_event_open. Refused in many containers and virtual machines, and by
 * kernel.perf_event_paranoid above 2. */
#define _GNU_SOURCE

#include <linux/perf_event.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sni_rules/runtime/counter.h"

bool sni_counter_open(sni_counter* counter) {
  struct perf_event_attr attributes;
  memset(&attributes, 0, sizeof attributes);
  attributes.size = sizeof attributes;
  attributes.type = PERF_TYPE_HARDWARE;
  attributes.config = PERF_COUNT_HW_INSTRUCTIONS;
  attributes.exclude_kernel = 1;
  attributes.exclude_hv = 1;
  const long descriptor = syscall(SYS_perf_event_open, &attributes, 0, -1, -1, 0);
  counter->handle = (int)descriptor;
  return descriptor >= 0;
}

uint64_t sni_counter_read(const sni_counter* counter) {
  uint64_t count = 0;
  return read(counter->handle, &count, sizeof count) == (ssize_t)sizeof count ? count : 0;
}

void sni_counter_close(const sni_counter* counter) { close(counter->handle); }

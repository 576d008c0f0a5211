/* Linux: perf_event_open. Refused in many containers and virtual machines, and by
 * kernel.perf_event_paranoid above 2. Under QEMU, which has no such call, the program that reads
 * QEMU's log can be asked: see platforms/counter/counted.c. */
#define _GNU_SOURCE

#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sni_rules/runtime/counter.h"

static bool open_perf(sni_counter* counter) {
  struct perf_event_attr attributes;
  memset(&attributes, 0, sizeof attributes);
  attributes.size = sizeof attributes;
  attributes.type = PERF_TYPE_HARDWARE;
  attributes.config = PERF_COUNT_HW_INSTRUCTIONS;
  attributes.exclude_kernel = 1;
  attributes.exclude_hv = 1;
  counter->handle = (int)syscall(SYS_perf_event_open, &attributes, 0, -1, -1, 0);
  counter->ask = -1;
  return counter->handle >= 0;
}

static bool open_emulator(sni_counter* counter) {
  const char* const descriptors = getenv("SNI_INSTRUCTION_COUNTER");
  if (descriptors == NULL) {
    return false;
  }
  char* comma;
  counter->ask = (int)strtol(descriptors, &comma, 10);
  counter->handle = *comma == ',' ? (int)strtol(comma + 1, NULL, 10) : -1;
  return counter->handle >= 0;
}

bool sni_counter_open(sni_counter* counter) { return open_emulator(counter) || open_perf(counter); }

uint64_t sni_counter_read(const sni_counter* counter) {
  static const char question[] = "sni?\n";
  const ssize_t size = sizeof question - 1;
  uint64_t count = 0;
  if (counter->ask >= 0 && write(counter->ask, question, (size_t)size) != size) {
    return 0;
  }
  return read(counter->handle, &count, sizeof count) == (ssize_t)sizeof count ? count : 0;
}

void sni_counter_close(const sni_counter* counter) { close(counter->handle); }

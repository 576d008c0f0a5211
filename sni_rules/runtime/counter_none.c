#include "sni_rules/runtime/counter.h"

bool sni_counter_open(sni_counter* counter) {
  counter->handle = -1;
  return false;
}

uint64_t sni_counter_read(const sni_counter* counter) {
  (void)counter;
  return 0;
}

void sni_counter_close(const sni_counter* counter) { (void)counter; }

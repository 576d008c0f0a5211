/* Counts code of known length: the runner's counter has to be right to the instruction, in every
 * phase of the timer. */
#include <stdio.h>

#include "sni_rules/runtime/counter.h"

#define NOPS(name, count)                           \
  __attribute__((naked, noinline)) void name(void); \
  void name(void) { __asm__ volatile(".rept " #count "\nnop\n.endr\nbx lr\n"); }

NOPS(nops_0, 0)
NOPS(nops_1, 1)
NOPS(nops_2, 2)
NOPS(nops_39, 39)
NOPS(nops_40, 40)
NOPS(nops_41, 41)
NOPS(nops_997, 997)

static uint64_t count(const sni_counter* counter, void (*volatile what)(void)) {
  const uint64_t start = sni_counter_read(counter);
  what();
  return sni_counter_read(counter) - start;
}

int main(void) {
  static const struct {
    void (*what)(void);
    uint64_t length;
  } cases[] = {{nops_1, 1},   {nops_2, 2},   {nops_39, 39},
               {nops_40, 40}, {nops_41, 41}, {nops_997, 997}};
  sni_counter counter;
  if (!sni_counter_open(&counter)) {
    puts("instructions cannot be counted here");
    return 1;
  }
  count(&counter, nops_0); /* what the first call alone does is not the question */
  const uint64_t empty = count(&counter, nops_0);
  int wrong = 0;
  for (int repetition = 0; repetition < 50; ++repetition) {
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; ++i) {
      const uint64_t length = count(&counter, cases[i].what) - empty;
      if (length != cases[i].length) {
        printf("counted %lu instructions, executed %lu\n", (unsigned long)length,
               (unsigned long)cases[i].length);
        ++wrong;
      }
    }
  }
  sni_counter_close(&counter);
  return wrong > 0;
}

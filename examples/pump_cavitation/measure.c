/* Counts the instructions that a model takes for one window of a recording, in the parts of it, as
 * JSON. Compiled once for each model: MODEL is its name in C. */
#include <stdio.h>

#include "sni_rules/runtime/counter.h"
#include "window.h"

#define JOIN_2(a, b) a##b
#define JOIN(a, b) JOIN_2(a, b)
#define OF(name) JOIN(MODEL, name)

static OF(_state) state;

int main(void) {
  sni_counter counter;
  if (!sni_counter_open(&counter)) {
    printf("{}\n");
    return 0;
  }
  float result[2];
  uint64_t at[6];
  uint32_t i = 0;
  OF(_init)(&state);
  at[0] = sni_counter_read(&counter);
  while (i + 1 < WINDOW_LENGTH) OF(_push)(&state, &window[i++]);
  at[1] = sni_counter_read(&counter);
  const bool due = OF(_push)(&state, &window[i]);
  at[2] = sni_counter_read(&counter);
  OF(_invoke)(&state);
  at[3] = sni_counter_read(&counter);
  OF(_result)(&state, result);
  at[4] = sni_counter_read(&counter);
  at[5] = sni_counter_read(&counter);
  unsigned long taken[4]; /* less what reading the counter takes */
  for (int part = 0; part < 4; ++part)
    taken[part] = (unsigned long)(at[part + 1] - at[part] - (at[5] - at[4]));
  printf("{\"samples\": %lu, \"features\": %lu, \"network\": %lu, \"result\": %lu}\n", taken[0],
         taken[1], taken[2], taken[3]);
  return due ? 0 : 1;
}

/* Executed instructions of this program, where the target can count them. A platform links one of
 * counter_*.c. */
#ifndef SNI_RULES_RUNTIME_COUNTER_H_
#define SNI_RULES_RUNTIME_COUNTER_H_

#include <stdbool.h>
#include <stdint.h>

typedef struct sni_counter {
  int handle; /* the platform's own */
  int ask;    /* likewise */
} sni_counter;

/* false: instructions cannot be counted here. */
bool sni_counter_open(sni_counter* counter);

/* Instructions since the counter was opened, those of the kernel left out. */
uint64_t sni_counter_read(const sni_counter* counter);

void sni_counter_close(const sni_counter* counter);

#endif /* SNI_RULES_RUNTIME_COUNTER_H_ */

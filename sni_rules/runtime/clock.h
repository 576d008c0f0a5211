/* Wall time, for the summary and the benchmark. A platform links one of clock_*.c. */
#ifndef SNI_RULES_RUNTIME_CLOCK_H_
#define SNI_RULES_RUNTIME_CLOCK_H_

#include <stdint.h>

/* Nanoseconds since some fixed moment; never goes back. */
uint64_t sni_clock_ns(void);

#endif /* SNI_RULES_RUNTIME_CLOCK_H_ */

/* What QEMU's boards have around their core. */
#ifndef PLATFORMS_CORTEX_M_BOARD_H_
#define PLATFORMS_CORTEX_M_BOARD_H_

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Nanoseconds since the first call, in steps of the board's timer. */
uint64_t sni_board_ns(void);

#ifdef __cplusplus
}
#endif

#endif /* PLATFORMS_CORTEX_M_BOARD_H_ */

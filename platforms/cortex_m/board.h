/* What QEMU's boards have around their core. The memory map and the timers are of those boards; see
 * //platforms:table.bzl. */
#ifndef PLATFORMS_CORTEX_M_BOARD_H_
#define PLATFORMS_CORTEX_M_BOARD_H_

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Nanoseconds since the board was switched on, in steps of its counter's tick. Under
 * `-icount shift=0` an instruction takes 1 ns. To be called once in three minutes at least, which
 * is when the counter starts again. */
uint64_t sni_board_ns(void);

/* Instructions executed since some fixed moment, exactly, under `-icount shift=0`. The same number
 * of instructions passes in each call, so the difference of two calls, less the difference of two
 * calls with nothing between them, is what was between them. */
uint64_t sni_board_instructions(void);

#ifdef __cplusplus
}
#endif

#endif /* PLATFORMS_CORTEX_M_BOARD_H_ */

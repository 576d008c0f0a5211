/* What differs from board to board; each folder of boards/ has one, with its memories in a linker
 * script. */
#ifndef EXAMPLES_FIRMWARE_KWS_BOARD_H_
#define EXAMPLES_FIRMWARE_KWS_BOARD_H_

#include <stdint.h>

/* Sets clock and console up. Returns the frequency of the core, in Hz. */
uint32_t board_start(void);

void board_write(const char* text, uint32_t bytes);

/* The end of the program: under an emulator with this exit status, on a board with a sleep. */
void board_stop(int status) __attribute__((noreturn));

#endif /* EXAMPLES_FIRMWARE_KWS_BOARD_H_ */

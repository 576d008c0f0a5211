/* Lines of text, without the C library's printf. */
#ifndef EXAMPLES_FIRMWARE_KWS_CONSOLE_H_
#define EXAMPLES_FIRMWARE_KWS_CONSOLE_H_

#include <stdint.h>

void console_text(const char* text);

/* Filled up with spaces to `width` characters, at most 10. */
void console_number(uint32_t number, uint32_t width);

#endif /* EXAMPLES_FIRMWARE_KWS_CONSOLE_H_ */

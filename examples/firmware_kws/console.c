#include "examples/firmware_kws/console.h"

#include <string.h>

#include "examples/firmware_kws/board.h"

enum { DIGITS = 10 };

void console_text(const char* text) { board_write(text, (uint32_t)strlen(text)); }

void console_number(uint32_t number, uint32_t width) {
  char text[DIGITS];
  uint32_t at = DIGITS;
  do {
    text[--at] = (char)('0' + number % 10);
    number /= 10;
  } while (number != 0);
  while (at > 0 && DIGITS - at < width) {
    text[--at] = ' ';
  }
  board_write(text + at, DIGITS - at);
}

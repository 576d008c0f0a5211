/* A program around one model that serves its caller: commands on standard input, answers on
 * standard output, until the input ends.
 *
 *     i BYTE       begins anew, in a state whose bytes all hold BYTE; no answer
 *     r INPUTS     an inference; the answer is a byte, 0 or, if the model has written behind its
 *                  state, 1, and then the outputs
 *     c INPUTS     an inference between two readings of the board's counter of instructions; the
 *                  answer is their difference, less that of two readings with nothing between
 *                  them, in 8 bytes; on QEMU's boards only
 *
 * served.h, which tools/kit/served.py makes, says which model it is:
 *     SERVED_HEADER, SERVED_STATE, SERVED_STATE_BYTES, SERVED_INIT, SERVED_INVOKE,
 *     SERVED_INPUTS(state) and SERVED_OUTPUTS(state): {address, bytes}, ..
 */
#define _POSIX_C_SOURCE 200809L

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "served.h"
#include SERVED_HEADER

#define BEHIND 256
#define MARK 0xA5

static union {
  SERVED_STATE state;
  uint8_t bytes[sizeof(SERVED_STATE) + BEHIND];
} memory __attribute__((aligned(64)));

typedef struct part {
  void* at;
  size_t bytes;
} part;

/* false: the input has ended. */
static bool take(void* to, size_t bytes) {
  for (uint8_t* at = to; bytes > 0;) {
    const ssize_t got = read(0, at, bytes);
    if (got <= 0) {
      return false;
    }
    at += got;
    bytes -= (size_t)got;
  }
  return true;
}

static bool give(const void* from, size_t bytes) {
  for (const uint8_t* at = from; bytes > 0;) {
    const ssize_t put = write(1, at, bytes);
    if (put <= 0) {
      return false;
    }
    at += put;
    bytes -= (size_t)put;
  }
  return true;
}

static bool initialise(void) {
  uint8_t byte;
  if (!take(&byte, 1)) {
    return false;
  }
  memset(memory.bytes, byte, SERVED_STATE_BYTES);
  memset(memory.bytes + SERVED_STATE_BYTES, MARK, sizeof memory - SERVED_STATE_BYTES);
  SERVED_INIT(&memory.state);
  return true;
}

/* A function of its own, so that what is executed between its first instruction and that of
 * served_end is the inference. */
__attribute__((noinline)) void served_invoke(void);
void served_invoke(void) { SERVED_INVOKE(&memory.state); }

__attribute__((noinline)) void served_end(void);
void served_end(void) { __asm__ volatile("" ::: "memory"); }

static bool take_inputs(void) {
  const part inputs[] = {SERVED_INPUTS(&memory.state)};
  for (size_t i = 0; i < sizeof inputs / sizeof inputs[0]; ++i) {
    if (!take(inputs[i].at, inputs[i].bytes)) {
      return false;
    }
  }
  return true;
}

#if defined(SNI_BOARD_COUNTER)
#include "platforms/cortex_m/board.h"

static bool count(void) {
  if (!take_inputs()) {
    return false;
  }
  const uint64_t start = sni_board_instructions();
  const uint64_t between = sni_board_instructions() - start;
  const uint64_t before = sni_board_instructions();
  served_invoke();
  const uint64_t instructions = sni_board_instructions() - before - between;
  return give(&instructions, sizeof instructions);
}
#else
static bool count(void) { return false; }
#endif

static bool run(void) {
  if (!take_inputs()) {
    return false;
  }
  served_invoke();
  served_end();
  uint8_t written = 0;
  for (size_t i = SERVED_STATE_BYTES; i < sizeof memory; ++i) {
    written |= memory.bytes[i] != MARK;
  }
  const part outputs[] = {SERVED_OUTPUTS(&memory.state)};
  bool given = give(&written, 1);
  for (size_t i = 0; given && i < sizeof outputs / sizeof outputs[0]; ++i) {
    given = give(outputs[i].at, outputs[i].bytes);
  }
  return given;
}

int main(void) {
  uint8_t command;
  bool going = true;
  while (going && take(&command, 1)) {
    going = command == 'i' ? initialise() : (command == 'c' ? count() : run());
  }
  return 0;
}

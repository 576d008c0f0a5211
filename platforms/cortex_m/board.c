#include "platforms/cortex_m/board.h"

/* FPGAIO's counter of 32 bits: address, and nanoseconds of a tick. */
#ifndef SNI_BOARD_COUNTER
#error "SNI_BOARD_COUNTER and SNI_BOARD_TICK_NS come from //platforms:table.bzl"
#endif

#define TICK SNI_BOARD_TICK_NS
#define COUNTER ((const volatile uint32_t*)SNI_BOARD_COUNTER)

/* The counter carried on where it starts again. */
static uint64_t extended(uint32_t now) {
  static uint64_t ticks;
  ticks += now - (uint32_t)ticks;
  return ticks;
}

/* ticks * TICK, without the library's multiplication: a profile is to have the model's own calls of
 * it, and no others. */
static uint64_t scaled(uint64_t ticks) {
  uint64_t product = 0;
  for (uint32_t bit = 64; bit > 0; bit >>= 1) {
    product += product;
    product += (TICK & bit) != 0 ? ticks : 0;
  }
  return product;
}

uint64_t sni_board_ns(void) { return scaled(extended(*COUNTER)); }

#define TEXT_OF_(value) #value
#define TEXT_OF(value) TEXT_OF_(value)

/* Reads the counter TICK times, TICK + 1 instructions apart. */
static __attribute__((noinline)) void sample(uint32_t* samples) {
  uint32_t left = TICK;
  uint32_t value;
  __asm__ volatile(
      ".syntax unified\n"
      "1: ldr %[value], [%[counter]]\n"
      "stmia %[samples]!, {%[value]}\n"
      ".rept " TEXT_OF(TICK) " + 1 - 4\n"
      "nop\n"
      ".endr\n"
      "subs %[left], %[left], #1\n"
      "bne 1b\n"
      : [samples] "+l"(samples), [left] "+l"(left), [value] "=&l"(value)
      : [counter] "l"(COUNTER)
      : "cc", "memory");
}

/* A vernier. Readings that are TICK + 1 instructions apart differ by one tick, but for one
 * that differs by two: which one tells how far within a tick the first of them was. */
uint64_t sni_board_instructions(void) {
  uint32_t samples[TICK];
  sample(samples);
  const uint64_t first = extended(samples[0]);
  uint32_t within = 0;
  for (uint32_t i = 1; i < TICK; ++i) {
    /* Without a branch: each call has to take as long as any other. */
    within += samples[i] - samples[0] - i;
  }
  return scaled(first) + within;
}

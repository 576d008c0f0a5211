#include "examples/firmware_kws/microphone.h"

#include <stddef.h>

#include "examples/firmware_kws/front_end.h"
#include "examples/firmware_kws/recording.h"

typedef struct systick {
  volatile uint32_t control;
  volatile uint32_t reload;
  volatile uint32_t value;
} systick;

#define SYSTICK ((systick*)0xE000E010u)

enum { SYSTICK_ON_WITH_INTERRUPT_FROM_CORE_CLOCK = 7 };

/* The interrupt writes these ... */
static int16_t frames[MICROPHONE_FRAMES][FRONT_END_FRAME];
static volatile uint32_t full; /* how many have been, so far */
static volatile uint32_t played;

/* ... and the main loop these. */
static uint32_t taken;
static uint32_t lost;

void microphone_start(uint32_t clock_hz) {
  SYSTICK->reload = clock_hz / FRONT_END_RATE - 1;
  SYSTICK->value = 0;
  SYSTICK->control = SYSTICK_ON_WITH_INTERRUPT_FROM_CORE_CLOCK;
}

void microphone_interrupt(void) {
  static uint32_t at;
  const uint32_t sample = played;
  if (sample == RECORDING_SAMPLES) {
    return;
  }
  frames[full % MICROPHONE_FRAMES][at++] = recording[sample];
  played = sample + 1;
  if (at == FRONT_END_FRAME) {
    at = 0;
    /* The samples are in memory before they are announced. */
    __asm__ volatile("" ::: "memory");
    full = full + 1;
  }
}

const int16_t* microphone_take(void) {
  const uint32_t now = full;
  __asm__ volatile("" ::: "memory");
  if (now == taken) {
    return NULL;
  }
  const uint32_t most = MICROPHONE_FRAMES - 1; /* the interrupt writes the other one */
  if (now - taken > most) {
    lost += now - taken - most;
    taken = now - most;
  }
  return frames[taken++ % MICROPHONE_FRAMES];
}

uint32_t microphone_lost(void) { return lost; }

bool microphone_ended(void) { return played == RECORDING_SAMPLES && full == taken; }

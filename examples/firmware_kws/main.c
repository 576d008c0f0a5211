/* Listens for words: one network hears whether there is a voice, and when it has ended, another
 * hears which word it was. Both work in the same memory. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "examples/firmware_kws/board.h"
#include "examples/firmware_kws/console.h"
#include "examples/firmware_kws/front_end.h"
#include "examples/firmware_kws/microphone.h"
#include "voice.h"
#include "words.h"

enum {
  FRAME_MS = 1000 * FRONT_END_FRAME / FRONT_END_RATE,
  WINDOW = WORDS_INPUT_ELEMENTS / FRONT_END_BANDS,       /* frames that a word is looked for in */
  VOICE_WINDOW = VOICE_INPUT_ELEMENTS / FRONT_END_BANDS, /* frames that a voice is looked for in */
  HANG = 8,     /* frames without voice that end a word, as in training */
  SHORTEST = 8, /* frames with voice that may be a word */
  SURE = 80     /* per cent; what is less likely is unknown */
};

static const char* const names[WORDS_OUTPUT_ELEMENTS] = {"(unknown)", "sai", "uwe", "ioa", "eshu"};

/* One memory for both networks. It is safe since neither keeps anything in it between two
 * inferences: what is to be remembered, the history, lies outside, and each inference begins with
 * init and ends when its output has been read. No interrupt touches it. */
static union {
  voice_state voice;
  words_state words;
} memory;

static int8_t history[WINDOW][FRONT_END_BANDS];

static bool hears_voice(void) {
  voice_init(&memory.voice);
  memcpy(voice_input(&memory.voice), history[WINDOW - VOICE_WINDOW], VOICE_INPUT_ELEMENTS);
  voice_invoke(&memory.voice);
  const int8_t* const silence_or_voice = voice_output(&memory.voice);
  return silence_or_voice[1] > silence_or_voice[0];
}

/* Returns the index of the word, 0 where it is none, and its probability. */
static uint32_t hear_word(uint32_t* percent) {
  words_init(&memory.words);
  memcpy(words_input(&memory.words), history, WORDS_INPUT_ELEMENTS);
  words_invoke(&memory.words);
  const int8_t* const shares = words_output(&memory.words);
  uint32_t best = 0;
  for (uint32_t i = 1; i < WORDS_OUTPUT_ELEMENTS; ++i) {
    if (shares[i] > shares[best]) {
      best = i;
    }
  }
  *percent = (uint32_t)(shares[best] - WORDS_OUTPUT_ZERO_POINT) * 100 / 256;
  return *percent < SURE ? 0 : best;
}

static void report(uint32_t frames) {
  uint32_t percent;
  const uint32_t word = hear_word(&percent);
  const uint32_t ms = frames * FRAME_MS;
  console_number(ms / 1000, 3);
  console_text(ms % 1000 < 100 ? ".0" : ".");
  console_number(ms % 1000 / 10, 1);
  console_text(" s  ");
  console_text(names[word]);
  if (word != 0) {
    console_text("  ");
    console_number(percent, 1);
    console_text("%");
  }
  console_text("\n");
}

int main(void) {
  const uint32_t clock_hz = board_start();
  console_text("listening\n");
  microphone_start(clock_hz);
  uint32_t frames = 0;
  uint32_t voiced = 0;
  uint32_t silent = 0;
  while (!microphone_ended()) {
    const int16_t* const frame = microphone_take();
    if (frame == NULL) {
      /* Should the interrupt have come since the question, the next one is 125 us away. */
      __asm__ volatile("wfi");
      continue;
    }
    memmove(history[0], history[1], sizeof history - sizeof history[0]);
    front_end(frame, history[WINDOW - 1]);
    ++frames;
    if (hears_voice()) {
      ++voiced;
      silent = 0;
    } else if (voiced > 0 && ++silent == HANG) {
      if (voiced >= SHORTEST) {
        report(frames);
      }
      voiced = 0;
    }
  }
  console_number(frames, 1);
  console_text(" frames, ");
  console_number(microphone_lost(), 1);
  console_text(" lost\n");
  return 0;
}

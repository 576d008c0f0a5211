/* Sound, as an interrupt delivers it: into one frame while the main loop works on those before.
 *
 * The samples are those of a recording. Firmware with a microphone has the interrupt of its ADC or
 * DMA in the place of microphone_interrupt(); nothing else changes. */
#ifndef EXAMPLES_FIRMWARE_KWS_MICROPHONE_H_
#define EXAMPLES_FIRMWARE_KWS_MICROPHONE_H_

#include <stdbool.h>
#include <stdint.h>

/* Starts the interrupts, FRONT_END_RATE a second, of a core at `clock_hz`. */
void microphone_start(uint32_t clock_hz);

/* Of SysTick. */
void microphone_interrupt(void);

/* The main loop may be busy for as long as all of these but one take to fill: 60 ms. */
enum { MICROPHONE_FRAMES = 4 };

/* The next frame of FRONT_END_FRAME samples, NULL while it is not full. It stays as it is until the
 * interrupt has filled another one, for up to 20 ms. */
const int16_t* microphone_take(void);

/* Frames that were overwritten before microphone_take() was called. */
uint32_t microphone_lost(void);

/* Whether there will be no further frame. */
bool microphone_ended(void);

#endif /* EXAMPLES_FIRMWARE_KWS_MICROPHONE_H_ */

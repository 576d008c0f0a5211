/* What the microphone of this example hears; tables.py makes it. */
#ifndef EXAMPLES_FIRMWARE_KWS_RECORDING_H_
#define EXAMPLES_FIRMWARE_KWS_RECORDING_H_

#include <stdint.h>

enum { RECORDING_SAMPLES = 88000 };

extern const int16_t recording[RECORDING_SAMPLES];

#endif /* EXAMPLES_FIRMWARE_KWS_RECORDING_H_ */

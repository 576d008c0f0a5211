/* The smallest arena with which an engine works. */
#ifndef SNI_RULES_PROBE_SEARCH_H_
#define SNI_RULES_PROBE_SEARCH_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SNI_PROBE_STEP 16 /* to which arenas are exact, and aligned */

typedef struct sni_probe_found {
  size_t bytes; /* 0: the engine does not work with all the memory there is */
  size_t used;  /* of it after setup, as the engine says */
  size_t tries;
} sni_probe_found;

/* Tries arenas at the start of the room, which is aligned to SNI_PROBE_STEP. An arena works if
 * a trial, setup and one inference do, with the outputs that all the room gives. The size that is
 * found works, and the next smaller one does not. */
sni_probe_found sni_probe_search(uint8_t* room, size_t bytes);

/* Fills the inputs, always with the same, and runs one inference. false: it failed. Else *checksum
 * is that of all outputs. */
bool sni_probe_run(uint64_t* checksum);

#endif /* SNI_RULES_PROBE_SEARCH_H_ */

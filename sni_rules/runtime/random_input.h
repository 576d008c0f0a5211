/* Reproducible inputs for the benchmark: the same for every engine and every target. */
#ifndef SNI_RULES_RUNTIME_RANDOM_INPUT_H_
#define SNI_RULES_RUNTIME_RANDOM_INPUT_H_

#include <stdint.h>

#include "sni_rules/runtime/engine.h"

/* SplitMix64. `state` starts as the seed; each step
 *   state += 0x9E3779B97F4A7C15
 *   z = (state ^ state >> 30) * 0xBF58476D1CE4E5B9;  z = (z ^ z >> 27) * 0x94D049BB133111EB; output
 * = z ^ z >> 31 all modulo 2^64. */
typedef struct sni_random {
  uint64_t state;
} sni_random;

uint64_t sni_random_next(sni_random* random);

/* One output for each element, in order. Integers are the top bits of it, as many as the type has,
 * in two's complement, so their whole range is used; SNI_BOOL is the top bit; SNI_FLOAT32 is the
 * top 24 bits / 2^23 - 1, in [-1, 1). */
void sni_random_fill(sni_random* random, const sni_tensor* tensor, void* data);

#endif /* SNI_RULES_RUNTIME_RANDOM_INPUT_H_ */

#include "sni_rules/runtime/random_input.h"

#include <string.h>

#include "sni_rules/runtime/tensor.h"

uint64_t sni_random_next(sni_random* random) {
  random->state += 0x9E3779B97F4A7C15u;
  uint64_t z = random->state;
  z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
  z = (z ^ z >> 27) * 0x94D049BB133111EBu;
  return z ^ z >> 31;
}

void sni_random_fill(sni_random* random, const sni_tensor* tensor, void* data) {
  const size_t size = sni_dtype_bytes(tensor->dtype);
  for (size_t i = 0; i < tensor->elements; ++i) {
    const uint64_t bits = sni_random_next(random);
    if (tensor->dtype == SNI_FLOAT32) {
      ((float*)data)[i] = (float)(bits >> 40) * (1.0f / 8388608.0f) - 1.0f;
    } else if (tensor->dtype == SNI_BOOL) {
      ((uint8_t*)data)[i] = (uint8_t)(bits >> 63);
    } else {
      /* Little-endian, as every target is: the low bytes of the shifted number are the element. */
      const uint64_t element = bits >> (64 - 8 * size);
      memcpy((char*)data + i * size, &element, size);
    }
  }
}

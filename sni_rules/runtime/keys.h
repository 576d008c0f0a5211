/* Which state belongs to which key: a hash table of fixed size that forgets the key that was used
 * least recently. */
#ifndef SNI_RULES_RUNTIME_KEYS_H_
#define SNI_RULES_RUNTIME_KEYS_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sni_rules/runtime/limits.h"
#include "sni_rules/runtime/text.h"

typedef struct sni_key_slot {
  uint32_t hash;
  uint32_t chained; /* the next slot of the same bucket */
  uint32_t newer;   /* neighbours in the order of use */
  uint32_t older;
  size_t size;
  char key[SNI_MAX_KEY];
} sni_key_slot;

typedef struct sni_keys {
  size_t capacity; /* keys that are known at the same time */
  size_t live;
  uint64_t opened; /* streams begun, those begun again after an eviction among them */
  uint64_t evicted;
  uint32_t newest;
  uint32_t oldest;
  uint32_t buckets[SNI_MAX_STREAMS];
  sni_key_slot slots[SNI_MAX_STREAMS];
} sni_keys;

/* capacity: 1 to SNI_MAX_STREAMS. */
void sni_keys_open(sni_keys* keys, size_t capacity);

/* The slot of a key (1 to SNI_MAX_KEY bytes), which becomes the one used last. *fresh: the key was
 * not known; the slot was free, or has been taken from the key used least recently. */
size_t sni_keys_find(sni_keys* keys, sni_text key, bool* fresh);

#endif /* SNI_RULES_RUNTIME_KEYS_H_ */

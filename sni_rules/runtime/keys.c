#include "sni_rules/runtime/keys.h"

#include <string.h>

#define SNI_NO_SLOT UINT32_MAX

void sni_keys_open(sni_keys* keys, size_t capacity) {
  keys->capacity = capacity;
  keys->live = 0;
  keys->opened = 0;
  keys->evicted = 0;
  keys->newest = SNI_NO_SLOT;
  keys->oldest = SNI_NO_SLOT;
  for (size_t i = 0; i < capacity; ++i) {
    keys->buckets[i] = SNI_NO_SLOT;
  }
}

/* FNV-1a */
static uint32_t hash_of(sni_text key) {
  uint32_t hash = 2166136261u;
  for (size_t i = 0; i < key.size; ++i) {
    hash = (hash ^ (unsigned char)key.data[i]) * 16777619u;
  }
  return hash;
}

static uint32_t* bucket_of(sni_keys* keys, uint32_t hash) {
  return &keys->buckets[hash % keys->capacity];
}

static void unlink_from_order(sni_keys* keys, uint32_t index) {
  const sni_key_slot* const slot = &keys->slots[index];
  if (slot->newer == SNI_NO_SLOT) {
    keys->newest = slot->older;
  } else {
    keys->slots[slot->newer].older = slot->older;
  }
  if (slot->older == SNI_NO_SLOT) {
    keys->oldest = slot->newer;
  } else {
    keys->slots[slot->older].newer = slot->newer;
  }
}

static void make_newest(sni_keys* keys, uint32_t index) {
  sni_key_slot* const slot = &keys->slots[index];
  slot->newer = SNI_NO_SLOT;
  slot->older = keys->newest;
  if (keys->newest == SNI_NO_SLOT) {
    keys->oldest = index;
  } else {
    keys->slots[keys->newest].newer = index;
  }
  keys->newest = index;
}

static void unlink_from_bucket(sni_keys* keys, uint32_t index) {
  uint32_t* link = bucket_of(keys, keys->slots[index].hash);
  while (*link != index) {
    link = &keys->slots[*link].chained;
  }
  *link = keys->slots[index].chained;
}

static uint32_t free_slot(sni_keys* keys) {
  if (keys->live < keys->capacity) {
    return (uint32_t)keys->live++;
  }
  const uint32_t victim = keys->oldest;
  unlink_from_order(keys, victim);
  unlink_from_bucket(keys, victim);
  ++keys->evicted;
  return victim;
}

size_t sni_keys_find(sni_keys* keys, sni_text key, bool* fresh) {
  const uint32_t hash = hash_of(key);
  for (uint32_t at = *bucket_of(keys, hash); at != SNI_NO_SLOT; at = keys->slots[at].chained) {
    const sni_key_slot* const slot = &keys->slots[at];
    if (slot->hash == hash && slot->size == key.size &&
        memcmp(slot->key, key.data, key.size) == 0) {
      unlink_from_order(keys, at);
      make_newest(keys, at);
      *fresh = false;
      return at;
    }
  }
  const uint32_t index = free_slot(keys);
  sni_key_slot* const slot = &keys->slots[index];
  slot->hash = hash;
  slot->size = key.size;
  memcpy(slot->key, key.data, key.size);
  slot->chained = *bucket_of(keys, hash);
  *bucket_of(keys, hash) = index;
  make_newest(keys, index);
  ++keys->opened;
  *fresh = true;
  return index;
}

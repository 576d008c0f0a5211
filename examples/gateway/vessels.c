#include "examples/gateway/vessels.h"

#include <string.h>

/* Multiplicative hashing, by 2**32 over the golden ratio. */
static vessel** bucket(vessels* all, uint32_t mmsi) {
  return &all->buckets[(mmsi * UINT32_C(2654435769) >> 8) % VESSELS_BUCKETS];
}

static vessel* longest_silent(vessels* all) {
  vessel* found = &all->of[0];
  for (size_t i = 1; i < all->count; ++i) {
    if (all->of[i].heard < found->heard) {
      found = &all->of[i];
    }
  }
  return found;
}

static void settle(vessels* all, vessel* place, uint32_t mmsi) {
  memset(place, 0, sizeof *place);
  ais_int8_init(&place->detector);
  place->mmsi = mmsi;
  place->heard = all->fixes;
  vessel** const head = bucket(all, mmsi);
  place->next = *head;
  *head = place;
}

vessel* vessels_find(vessels* all, uint32_t mmsi, vessel** evicted) {
  ++all->fixes;
  *evicted = NULL;
  for (vessel* at = *bucket(all, mmsi); at != NULL; at = at->next) {
    if (at->mmsi == mmsi) {
      at->heard = all->fixes;
      return at;
    }
  }
  if (all->count == VESSELS) {
    *evicted = longest_silent(all);
    return *evicted;
  }
  vessel* const place = &all->of[all->count++];
  settle(all, place, mmsi);
  return place;
}

void vessels_replace(vessels* all, vessel* place, uint32_t mmsi) {
  vessel** link = bucket(all, place->mmsi);
  while (*link != place) {
    link = &(*link)->next;
  }
  *link = place->next;
  settle(all, place, mmsi);
}

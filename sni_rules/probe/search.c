#include "sni_rules/probe/search.h"

#include <string.h>

#include "sni_rules/probe/engine.h"
#include "sni_rules/runtime/checksum.h"

typedef struct search {
  uint8_t* room;
  uint64_t expected;
  size_t tries;
} search;

static uint8_t next_byte(uint32_t* state) {
  *state = *state * 1664525u + 1013904223u;
  return (uint8_t)(*state >> 24);
}

static void fill(sni_probe_tensor tensor, uint32_t* state) {
  uint8_t* const bytes = tensor.data;
  switch (tensor.kind) {
    case SNI_PROBE_ZEROS:
      memset(bytes, 0, tensor.bytes);
      break;
    case SNI_PROBE_BYTES:
      for (size_t i = 0; i < tensor.bytes; ++i) {
        bytes[i] = next_byte(state);
      }
      break;
    case SNI_PROBE_FLOATS:
      for (size_t i = 0; i + sizeof(float) <= tensor.bytes; i += sizeof(float)) {
        const float value = (float)(next_byte(state) - 128) / 128.0f;
        memcpy(bytes + i, &value, sizeof value);
      }
      break;
  }
}

bool sni_probe_run(uint64_t* checksum) {
  uint32_t state = 1;
  for (size_t i = 0; sni_probe_input(i).data != NULL; ++i) {
    fill(sni_probe_input(i), &state);
  }
  if (!sni_probe_invoke()) {
    return false;
  }
  *checksum = SNI_CHECKSUM_START;
  for (size_t i = 0; sni_probe_output(i).data != NULL; ++i) {
    const sni_probe_tensor output = sni_probe_output(i);
    *checksum = sni_checksum(*checksum, output.data, output.bytes);
  }
  return true;
}

static bool works(search* with, size_t bytes) {
  uint64_t checksum;
  ++with->tries;
  return sni_probe_try(with->room, bytes) && sni_probe_setup(with->room, bytes) &&
         sni_probe_run(&checksum) && checksum == with->expected;
}

static size_t up(size_t bytes) {
  return (bytes + SNI_PROBE_STEP - 1) / SNI_PROBE_STEP * SNI_PROBE_STEP;
}

/* Between a size that does not work and one that does, both multiples of the step. */
static size_t bisect(search* with, size_t bad, size_t good) {
  while (good - bad > SNI_PROBE_STEP) {
    const size_t middle = bad + (good - bad) / SNI_PROBE_STEP / 2 * SNI_PROBE_STEP;
    if (works(with, middle)) {
      good = middle;
    } else {
      bad = middle;
    }
  }
  return good;
}

/* From what is in use at the end on: setup may need more on its way. */
static size_t smallest(search* with, size_t used, size_t room) {
  size_t good = up(used);
  if (good > room || !works(with, good)) {
    size_t bad = good;
    for (size_t step = SNI_PROBE_STEP; bad + step < room; step *= 2) {
      good = bad + step;
      if (works(with, good)) {
        return bisect(with, bad, good);
      }
      bad = good;
    }
    return bisect(with, bad, room);
  }
  while (good > SNI_PROBE_STEP && works(with, good - SNI_PROBE_STEP)) {
    good -= SNI_PROBE_STEP;
  }
  return good;
}

sni_probe_found sni_probe_search(uint8_t* room, size_t bytes) {
  search with = {room, 0, 1};
  const size_t all = bytes / SNI_PROBE_STEP * SNI_PROBE_STEP;
  sni_probe_found found = {0, 0, 1};
  if (!sni_probe_try(room, all) || !sni_probe_setup(room, all) || !sni_probe_run(&with.expected)) {
    return found;
  }
  found.used = sni_probe_used();
  found.bytes = smallest(&with, found.used, all);
  found.tries = with.tries;
  return found;
}

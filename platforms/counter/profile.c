#include "platforms/counter/profile.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static void* allocated(void* memory) {
  if (memory == NULL) {
    perror("profile");
    abort();
  }
  return memory;
}

void profile_add_mark(profile* of, uint64_t address) {
  of->marks = allocated(realloc(of->marks, (of->mark_count + 1) * sizeof *of->marks));
  of->marks[of->mark_count++] = address;
  of->current = of->mark_count;
}

static profile_block** slot_of(const profile* of, uint64_t address, uint64_t instructions) {
  size_t at = (size_t)((address * 31 + instructions) * 0x9E3779B97F4A7C15u >> 20);
  for (;; ++at) {
    profile_block** const slot = &of->slots[at & (of->capacity - 1)];
    if (*slot == NULL || ((*slot)->address == address && (*slot)->instructions == instructions)) {
      return slot;
    }
  }
}

static void grow(profile* of) {
  const profile old = *of;
  of->capacity = old.capacity == 0 ? 4096 : 2 * old.capacity;
  of->slots = allocated(calloc(of->capacity, sizeof *of->slots));
  for (size_t i = 0; i < old.capacity; ++i) {
    if (old.slots[i] != NULL) {
      *slot_of(of, old.slots[i]->address, old.slots[i]->instructions) = old.slots[i];
    }
  }
  free(old.slots);
}

profile_block* profile_find(profile* of, uint64_t address, uint64_t instructions) {
  if (2 * of->used >= of->capacity) {
    grow(of);
  }
  profile_block** const slot = slot_of(of, address, instructions);
  if (*slot == NULL) {
    profile_block* const block = allocated(calloc(1, sizeof *block));
    block->address = address;
    block->instructions = instructions;
    while (block->mark < of->mark_count && of->marks[block->mark] != address) {
      ++block->mark;
    }
    block->executions = allocated(calloc(of->mark_count + 1, sizeof *block->executions));
    *slot = block;
    ++of->used;
  }
  return *slot;
}

bool profile_write(const profile* of, const char* path) {
  FILE* const file = fopen(path, "w");
  if (file == NULL) {
    return false;
  }
  for (size_t i = 0; i < of->capacity; ++i) {
    const profile_block* const block = of->slots[i];
    for (size_t mark = 0; block != NULL && mark < of->mark_count; ++mark) {
      if (block->executions[mark] > 0) {
        fprintf(file, "0x%" PRIx64 " 0x%" PRIx64 " %" PRIu64 " %" PRIu64 "\n", of->marks[mark],
                block->address, block->instructions, block->executions[mark]);
      }
    }
  }
  return fclose(file) == 0;
}

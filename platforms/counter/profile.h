/* Executed blocks of code, counted for the place in the program they were executed from.
 *
 * A mark is the address of a function. From the arrival at one mark to the arrival at the next,
 * executions count for the first of the two; what comes before the first arrival does not count. */
#ifndef PLATFORMS_COUNTER_PROFILE_H_
#define PLATFORMS_COUNTER_PROFILE_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* instructions: that lie one behind the other, from the address on. executions: for each mark. */
typedef struct profile_block {
  uint64_t address;
  uint64_t instructions;
  size_t mark; /* which one its address is; profile.mark_count: none */
  uint64_t* executions;
} profile_block;

typedef struct profile {
  uint64_t* marks;
  size_t mark_count;
  size_t current; /* the mark that executions count for; mark_count: none yet */
  profile_block** slots;
  size_t capacity; /* a power of two */
  size_t used;
} profile;

/* All marks come before the first block. */
void profile_add_mark(profile* of, uint64_t address);

/* The block with this address and length. It stays where it is. */
profile_block* profile_find(profile* of, uint64_t address, uint64_t instructions);

static inline void profile_execute(profile* of, profile_block* block) {
  if (block->mark < of->mark_count) {
    of->current = block->mark;
  }
  if (of->current < of->mark_count) {
    ++block->executions[of->current];
  }
}

/* Writes a line for each block and mark with executions: `MARK ADDRESS INSTRUCTIONS EXECUTIONS`,
 * addresses in hexadecimal. false: it could not, and errno says why. */
bool profile_write(const profile* of, const char* path);

#endif /* PLATFORMS_COUNTER_PROFILE_H_ */

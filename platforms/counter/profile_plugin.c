/* A plugin of QEMU's system emulation: how often each block of code is executed.
 *
 *     qemu-system-arm -plugin libprofile.so,out=FILE,toggle=ADDRESS ...
 *
 * Each execution of the code at ADDRESS begins or ends a stretch that is counted: the runner reads
 * its counter of instructions before and after an inference, so ADDRESS is that function's. FILE
 * has a line for each block, `ADDRESS INSTRUCTIONS EXECUTIONS`, as counted.c writes them. A block
 * that is left halfway, for an exception or to access a device, counts as a whole. */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "platforms/counter/qemu_plugin.h"

typedef struct block {
  uint64_t address;
  uint64_t instructions;
  uint64_t executions;
  struct block* next;
} block;

/* QEMU calls with no more of a context than these. */
static struct {
  const char* out;
  uint64_t toggle;
  bool counting;
  block* blocks;
} profile;

__attribute__((visibility("default"))) int qemu_plugin_version = 2;

static void on_execution(unsigned int vcpu, void* data) {
  block* const at = data;
  (void)vcpu;
  if (at->address == profile.toggle) {
    profile.counting = !profile.counting;
  }
  at->executions += profile.counting;
}

static block* find(uint64_t address, uint64_t instructions) {
  for (block* at = profile.blocks; at != NULL; at = at->next) {
    if (at->address == address && at->instructions == instructions) {
      return at;
    }
  }
  return NULL;
}

static void on_translation(qemu_plugin_id_t id, struct qemu_plugin_tb* tb) {
  (void)id;
  const uint64_t address = qemu_plugin_tb_vaddr(tb);
  const uint64_t instructions = qemu_plugin_tb_n_insns(tb);
  block* at = find(address, instructions);
  if (at == NULL) {
    at = calloc(1, sizeof *at);
    if (at == NULL) {
      abort();
    }
    at->address = address;
    at->instructions = instructions;
    at->next = profile.blocks;
    profile.blocks = at;
  }
  qemu_plugin_register_vcpu_tb_exec_cb(tb, on_execution, QEMU_PLUGIN_CB_NO_REGS, at);
}

static void on_end(qemu_plugin_id_t id, void* data) {
  (void)id;
  (void)data;
  FILE* const file = fopen(profile.out, "w");
  if (file == NULL) {
    perror(profile.out);
    return;
  }
  for (const block* at = profile.blocks; at != NULL; at = at->next) {
    if (at->executions > 0) {
      fprintf(file, "0x%" PRIx64 " %" PRIu64 " %" PRIu64 "\n", at->address, at->instructions,
              at->executions);
    }
  }
  if (fclose(file) != 0) {
    perror(profile.out);
  }
}

__attribute__((visibility("default"))) int qemu_plugin_install(qemu_plugin_id_t id,
                                                               const qemu_info_t* info, int argc,
                                                               char** argv) {
  (void)info;
  for (int i = 0; i < argc; ++i) {
    if (strncmp(argv[i], "out=", 4) == 0) {
      profile.out = strdup(argv[i] + 4);
    } else if (strncmp(argv[i], "toggle=", 7) == 0) {
      profile.toggle = strtoull(argv[i] + 7, NULL, 16);
    } else {
      fprintf(stderr, "profile: no option '%s' (out=FILE, toggle=ADDRESS)\n", argv[i]);
      return 1;
    }
  }
  if (profile.out == NULL || profile.toggle == 0) {
    fputs("profile: out=FILE and toggle=ADDRESS are needed\n", stderr);
    return 1;
  }
  qemu_plugin_register_vcpu_tb_trans_cb(id, on_translation);
  qemu_plugin_register_atexit_cb(id, on_end, NULL);
  return 0;
}

/* A plugin of QEMU's system emulation: how often each block of code is executed, and for whom.
 *
 *     qemu-system-arm -plugin libprofile.so,out=FILE,mark=ADDRESS,mark=.. ...
 *
 * FILE and the marks: see profile.h. A block that is left halfway, for an exception or to access a
 * device, counts as a whole. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "platforms/counter/profile.h"
#include "platforms/counter/qemu_plugin.h"

/* QEMU calls with no more of a context than these. */
static profile counts;
static const char* out;

__attribute__((visibility("default"))) int qemu_plugin_version = 2;

static void on_execution(unsigned int vcpu, void* block) {
  (void)vcpu;
  profile_execute(&counts, block);
}

static void on_translation(qemu_plugin_id_t id, struct qemu_plugin_tb* tb) {
  (void)id;
  profile_block* const block =
      profile_find(&counts, qemu_plugin_tb_vaddr(tb), qemu_plugin_tb_n_insns(tb));
  qemu_plugin_register_vcpu_tb_exec_cb(tb, on_execution, QEMU_PLUGIN_CB_NO_REGS, block);
}

static void on_end(qemu_plugin_id_t id, void* data) {
  (void)id;
  (void)data;
  if (!profile_write(&counts, out)) {
    perror(out);
  }
}

__attribute__((visibility("default"))) int qemu_plugin_install(qemu_plugin_id_t id,
                                                               const qemu_info_t* info, int argc,
                                                               char** argv) {
  (void)info;
  for (int i = 0; i < argc; ++i) {
    if (strncmp(argv[i], "out=", 4) == 0) {
      out = strdup(argv[i] + 4);
    } else if (strncmp(argv[i], "mark=", 5) == 0) {
      profile_add_mark(&counts, strtoull(argv[i] + 5, NULL, 16));
    } else {
      fprintf(stderr, "profile: no option '%s' (out=FILE, mark=ADDRESS)\n", argv[i]);
      return 1;
    }
  }
  if (out == NULL || counts.mark_count == 0) {
    fputs("profile: out=FILE and mark=ADDRESS are needed\n", stderr);
    return 1;
  }
  qemu_plugin_register_vcpu_tb_trans_cb(id, on_translation);
  qemu_plugin_register_atexit_cb(id, on_end, NULL);
  return 0;
}

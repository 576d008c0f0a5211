/* A QEMU plugin that counts guest instructions between marked addresses.
 *
 *   -plugin ./layer_counts.so,mark=0x1234,mark=0x1300,..
 *
 * The instructions executed from the arrival at one mark to the arrival at the next are counted for
 * the first of the two, each time it is passed; what comes before the first arrival is not counted.
 * At the end a line for each mark says its address and its count. A mark must be where a block of
 * code begins, as the entry of a function is.
 *
 * QEMU's own header is not packaged everywhere, so the few declarations that are needed stand here;
 * they are those of version 2 of the plugin interface, which QEMU 8.2 and later understand.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef uint64_t plugin_id;
struct qemu_plugin_tb;
extern size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb* block);
extern uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb* block);
extern void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id id,
                                                  void (*call)(plugin_id, struct qemu_plugin_tb*));
extern void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb* block,
                                                 void (*call)(unsigned int, void*), int flags,
                                                 void* data);
extern void qemu_plugin_register_atexit_cb(plugin_id id, void (*call)(plugin_id, void*),
                                           void* data);

__attribute__((visibility("default"))) int qemu_plugin_version = 2;

enum { MOST_MARKS = 4096 };
static uint64_t marks[MOST_MARKS];
static uint64_t counts[MOST_MARKS];
static size_t mark_count;
static uint64_t before_all;
static uint64_t* current = &before_all;

static void arrive(unsigned int cpu, void* mark) {
  (void)cpu;
  current = mark;
}

static void execute(unsigned int cpu, void* instructions) {
  (void)cpu;
  *current += (uintptr_t)instructions;
}

static void translate(plugin_id id, struct qemu_plugin_tb* block) {
  (void)id;
  const uint64_t address = qemu_plugin_tb_vaddr(block);
  for (size_t i = 0; i < mark_count; ++i) {
    if (marks[i] == address) {
      qemu_plugin_register_vcpu_tb_exec_cb(block, arrive, 0, &counts[i]);
    }
  }
  qemu_plugin_register_vcpu_tb_exec_cb(block, execute, 0,
                                       (void*)(uintptr_t)qemu_plugin_tb_n_insns(block));
}

static void finish(plugin_id id, void* data) {
  (void)id;
  (void)data;
  for (size_t i = 0; i < mark_count; ++i) {
    fprintf(stderr, "count 0x%" PRIx64 " %" PRIu64 "\n", marks[i], counts[i]);
  }
}

__attribute__((visibility("default"))) int qemu_plugin_install(plugin_id id, const void* info,
                                                               int argc, char** argv) {
  (void)info;
  for (int i = 0; i < argc && mark_count < MOST_MARKS; ++i) {
    if (strncmp(argv[i], "mark=", 5) == 0) {
      marks[mark_count++] = strtoull(argv[i] + 5, NULL, 0);
    }
  }
  qemu_plugin_register_vcpu_tb_trans_cb(id, translate);
  qemu_plugin_register_atexit_cb(id, finish, NULL);
  return 0;
}

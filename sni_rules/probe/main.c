/* Finds the smallest arena of an engine on the target itself, and how deep its functions take the
 * stack; prints both as one JSON object. */
#include <stdlib.h>

#include "sni_rules/probe/engine.h"
#include "sni_rules/probe/search.h"
#include "sni_rules/runtime/writer.h"
#include "tools/size/probe/probe.h"

#ifndef SNI_PROBE_ROOM
#define SNI_PROBE_ROOM ((size_t)64 << 20) /* bytes that are asked for at first */
#endif

static uintptr_t setup(void* arena, void* bytes) {
  return sni_probe_setup(arena, *(const size_t*)bytes);
}

static uintptr_t invoke(void* first, void* second) {
  (void)first;
  (void)second;
  return sni_probe_invoke();
}

/* As much memory as there is, up to SNI_PROBE_ROOM. */
static void* reserve(size_t* bytes) {
  for (*bytes = SNI_PROBE_ROOM; *bytes > SNI_PROBE_STEP; *bytes -= *bytes / 8) {
    void* const memory = malloc(*bytes);
    if (memory != NULL) {
      return memory;
    }
  }
  return NULL;
}

static void member(sni_writer* out, const char* name, size_t value) {
  sni_write_string(out, name);
  if (value == SIZE_MAX) {
    sni_write_string(out, "null");
  } else {
    sni_write_u64(out, value);
  }
}

static int probe(sni_writer* out, sni_writer* log) {
  size_t bytes;
  uint8_t* const memory = reserve(&bytes);
  if (memory == NULL) {
    sni_write_string(log, "no memory to try arenas in\n");
    return 1;
  }
  const size_t off = (SNI_PROBE_STEP - (uintptr_t)memory % SNI_PROBE_STEP) % SNI_PROBE_STEP;
  uint8_t* const room = memory + off;
  bytes -= off;
  sni_probe_found found = sni_probe_search(room, bytes);
  if (found.bytes == 0) {
    sni_write_string(log, "the engine does not work with an arena of ");
    sni_write_u64(log, bytes);
    sni_write_string(log, " bytes, which is all the memory there is\n");
    return 1;
  }
  size_t setup_stack = 0;
  size_t invoke_stack = 0;
  if ((sni_probe_call(setup, room, &found.bytes, &setup_stack) & 1) == 0 ||
      (sni_probe_call(invoke, NULL, NULL, &invoke_stack) & 1) == 0) {
    sni_write_string(log, "the engine fails on a stack of its own\n");
    return 1;
  }
  member(out, "{\"arena_bytes\": ", found.bytes);
  member(out, ", \"used_bytes\": ", found.used);
  member(out, ", \"object_bytes\": ", sni_probe_object_bytes());
  member(out, ", \"stack_setup\": ", setup_stack);
  member(out, ", \"stack_invoke\": ", invoke_stack);
  member(out, ", \"tries\": ", found.tries);
  sni_write_string(out, "}\n");
  return 0;
}

int main(void) {
  static sni_writer out;
  static sni_writer log;
  sni_io_start();
  sni_writer_open(&out, SNI_IO_OUT);
  sni_writer_open(&log, SNI_IO_ERR);
  int status = probe(&out, &log);
  if (!sni_writer_flush(&out)) {
    status = 1;
  }
  sni_writer_flush(&log);
  return status;
}

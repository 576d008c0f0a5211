#include "tools/size/probe/probe.h"

enum { PROBE_BYTES = 8192, PROBE_ALIGNMENT = 64 };

/* Whether call_on knows this processor. */
#if defined(__x86_64__) || defined(__arm__)
enum { MOVES = 1 };
#else
enum { MOVES = 0 };
#endif

static struct {
  _Alignas(PROBE_ALIGNMENT) uint8_t bytes[PROBE_BYTES];
} painted;

/* A byte for each place: what a function writes will not be the same over many bytes by chance. */
static uint8_t paint(size_t index) {
  const uint32_t mixed = ((uint32_t)index + 1) * 0x9e3779b1u;
  return (uint8_t)((mixed ^ (mixed >> 15)) >> 8);
}

/* No frame of this program lies on the painted stack: the stack pointer is moved around the call
 * alone. */
static uintptr_t call_on(void* top, sni_probe_function function, void* first, void* second) {
#if defined(__x86_64__)
  register uintptr_t result __asm__("rax");
  register void* stack __asm__("r12") = top;
  register sni_probe_function target __asm__("r13") = function;
  __asm__ volatile(
      "mov %%rsp, %%rbx\n\t"
      "mov %[stack], %%rsp\n\t"
      "call *%[target]\n\t"
      "mov %%rbx, %%rsp"
      : "=r"(result), "+D"(first), "+S"(second)
      : [stack] "r"(stack), [target] "r"(target)
      : "rbx", "rcx", "rdx", "r8", "r9", "r10", "r11", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4",
        "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14",
        "xmm15", "cc", "memory");
  return result;
#elif defined(__arm__)
  register uintptr_t result __asm__("r0") = (uintptr_t)first;
  register void* other __asm__("r1") = second;
  register void* stack __asm__("r5") = top;
  register sni_probe_function target __asm__("r6") = function;
  __asm__ volatile(
      "mov r4, sp\n\t"
      "mov sp, %[stack]\n\t"
      "blx %[target]\n\t"
      "mov sp, r4"
      : "+r"(result), "+r"(other)
      : [stack] "r"(stack), [target] "r"(target)
      : "r2", "r3", "r4", "r12", "lr",
#if defined(__ARM_FP)
        "s0", "s1", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10", "s11", "s12", "s13",
        "s14", "s15",
#endif
        "cc", "memory");
  return result;
#else
  (void)top;
  return function(first, second);
#endif
}

uintptr_t sni_probe_call(sni_probe_function function, void* first, void* second, size_t* bytes) {
  for (size_t i = 0; i < PROBE_BYTES; ++i) painted.bytes[i] = paint(i);
  const uintptr_t result = call_on(&painted.bytes[PROBE_BYTES], function, first, second);
  size_t untouched = 0;
  while (untouched < PROBE_BYTES && painted.bytes[untouched] == paint(untouched)) ++untouched;
  const size_t depth = untouched == 0 || !MOVES ? SIZE_MAX : PROBE_BYTES - untouched;
  if (depth > *bytes) *bytes = depth;
  return result;
}

uint8_t sni_probe_byte(void) {
  static uint32_t state = 0x2545f491u;
  state = state * 1664525u + 1013904223u;
  return (uint8_t)(state >> 24);
}

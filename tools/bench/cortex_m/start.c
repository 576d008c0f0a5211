/* The least that a bare Cortex-M needs to run a measurement under QEMU: vectors, a stack, memory
 * set up, semihosting. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

extern uint8_t stack_top[], data_image[], data_start[], data_end[], bss_start[], bss_end[];
int main(void);

static void call_host(uintptr_t operation, const void* argument) {
  register uintptr_t r0 __asm__("r0") = operation;
  register const void* r1 __asm__("r1") = argument;
  __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
}

void host_print(const char* text) { call_host(0x04, text); }

static void leave(uint32_t status) {
  const uint32_t block[2] = {0x20026, status};
  call_host(0x20, block);
  for (;;) {
  }
}

static void fault(void) { leave(99); }

static void reset(void) {
  memcpy(data_start, data_image, (size_t)(data_end - data_start));
  memset(bss_start, 0, (size_t)(bss_end - bss_start));
#if defined(__ARM_FP)
  *(volatile uint32_t*)0xe000ed88U |= 0xf00000U;
  __asm__ volatile("dsb\n\tisb");
#endif
  leave((uint32_t)main());
}

__attribute__((section(".vectors"), used)) static void (*const vectors[16])(void) = {
    (void (*)(void))stack_top, reset, fault, fault, fault, fault, fault};

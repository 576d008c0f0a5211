#include "platforms/cortex_m/faults.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "platforms/cortex_m/semihosting.h"

/* Of the system control block. */
#define CFSR (*(volatile uint32_t*)0xE000ED28u)
#define HFSR (*(volatile uint32_t*)0xE000ED2Cu)
#define MMFAR (*(volatile uint32_t*)0xE000ED34u)
#define BFAR (*(volatile uint32_t*)0xE000ED38u)
#define SFSR (*(volatile uint32_t*)0xE000EDE4u)
#define SFAR (*(volatile uint32_t*)0xE000EDE8u)

#define MMARVALID (1u << 7)
#define BFARVALID (1u << 15)
#define SFARVALID (1u << 6)

/* What the processor has pushed, from the stack pointer on. */
typedef struct frame {
  uint32_t r[4];
  uint32_t r12;
  uint32_t lr;
  uint32_t pc;
  uint32_t psr;
} frame;

typedef struct reason {
  uint32_t bit;
  const char* text;
} reason;

static const reason configurable[] = {
    {1u << 0, "instruction access violation"},
    {1u << 1, "data access violation"},
    {1u << 3, "unstacking for a return from an exception (memory management)"},
    {1u << 4, "stacking for an exception (memory management)"},
    {1u << 5, "lazy saving of the floating-point state (memory management)"},
    {1u << 8, "instruction bus error"},
    {1u << 9, "precise data bus error"},
    {1u << 10, "imprecise data bus error"},
    {1u << 11, "unstacking for a return from an exception (bus)"},
    {1u << 12, "stacking for an exception (bus)"},
    {1u << 13, "lazy saving of the floating-point state (bus)"},
    {1u << 16, "undefined instruction"},
    {1u << 17, "invalid state (a jump to an even address?)"},
    {1u << 18, "invalid return from an exception"},
    {1u << 19, "no coprocessor (is the FPU there, and on?)"},
    {1u << 20, "stack overflow"},
    {1u << 24, "unaligned access"},
    {1u << 25, "division by zero"},
};

static const reason hard[] = {
    {1u << 1, "reading the vector table"},
    {1u << 30, "a fault that could not be taken at its own priority"},
};

#if __ARM_ARCH >= 8
static const reason secure[] = {
    {1u << 0, "invalid entry point"},      {1u << 1, "invalid integrity signature"},
    {1u << 2, "invalid exception return"}, {1u << 3, "attribution unit violation"},
    {1u << 4, "invalid transition"},       {1u << 5, "lazy state preservation"},
    {1u << 7, "lazy state error"},
};
#endif

/* Once the stack may be what is broken, this is the stack. */
static uint64_t emergency_stack[128] __attribute__((used));

void sni_fault_report(const frame* at, uint32_t exception_return) __attribute__((noreturn, used));

/* To the emergency stack, with the frame's address and the value of lr as arguments. */
__attribute__((naked)) void sni_fault(void) {
  __asm__ volatile(
      "mov r1, lr\n"
      "movs r0, #4\n"
      "tst r0, r1\n"
      "beq 1f\n"
      "mrs r0, psp\n"
      "b 2f\n"
      "1: mrs r0, msp\n"
#if __ARM_ARCH >= 8
      "2: movs r2, #0\n"
      "msr msplim, r2\n"
      "ldr r2, 3f\n"
#else
      "2: ldr r2, 3f\n"
#endif
      "mov sp, r2\n"
      "ldr r2, 4f\n"
      "bx r2\n"
      ".balign 4\n"
      "3: .word emergency_stack + 1024\n"
      "4: .word sni_fault_report\n");
}

static void put(const char* text) {
  sni_semihosting_write(SNI_SEMIHOSTING_ERR, text, strlen(text));
}

static void put_hex(uint32_t number) {
  char text[] = "0x00000000";
  for (int i = 9; i > 1; --i, number >>= 4) {
    text[i] = "0123456789abcdef"[number & 15];
  }
  put(text);
}

static void put_register(const char* name, uint32_t value) {
  put(name);
  put_hex(value);
}

static void put_reasons(const reason* list, size_t count, uint32_t status) {
  for (size_t i = 0; i < count; ++i) {
    if ((status & list[i].bit) != 0) {
      put("\n  because: ");
      put(list[i].text);
    }
  }
}

static const char* name_of(uint32_t exception) {
  static const char* const names[] = {"NMI",       "hard fault",  "memory management fault",
                                      "bus fault", "usage fault", "secure fault"};
  return exception >= 2 && exception < 8 ? names[exception - 2] : "unexpected exception";
}

/* Whether a stacked frame can be read without a further fault: in RAM, not beneath it. */
static bool is_readable(const frame* at) {
  extern uint32_t sni_ram_start[], sni_ram_end[];
  const uintptr_t address = (uintptr_t)at;
  return address >= (uintptr_t)sni_ram_start && address + sizeof *at <= (uintptr_t)sni_ram_end &&
         address % 4 == 0;
}

/* Whether what is beneath the stack has been accessed. */
static bool is_stack_overflow(uint32_t status) {
  extern uint32_t sni_stack_limit[];
  const uint32_t beneath = (uint32_t)(uintptr_t)sni_stack_limit - MMFAR;
  return (status & MMARVALID) != 0 && beneath - 1 < SNI_STACK_GUARD_BYTES;
}

void sni_fault_report(const frame* at, uint32_t exception_return) {
  uint32_t exception;
  __asm__ volatile("mrs %0, ipsr" : "=r"(exception));
  const uint32_t status = CFSR;
  put("\nfault: ");
  put(name_of(exception));
  put_reasons(configurable, sizeof configurable / sizeof configurable[0], status);
  if (is_stack_overflow(status)) {
    put("\n  because: stack overflow");
  }
  put_reasons(hard, sizeof hard / sizeof hard[0], HFSR);
#if __ARM_ARCH >= 8
  put_reasons(secure, sizeof secure / sizeof secure[0], SFSR);
  if ((SFSR & SFARVALID) != 0) {
    put_register("\n  address: ", SFAR);
  }
#endif
  if ((status & (MMARVALID | BFARVALID)) != 0) {
    put_register("\n  address: ", (status & MMARVALID) != 0 ? MMFAR : BFAR);
  }
  if (is_readable(at)) {
    put_register("\n  pc: ", at->pc);
    put_register("  lr: ", at->lr);
    put_register("  psr: ", at->psr);
    put_register("\n  r0: ", at->r[0]);
    put_register("  r1: ", at->r[1]);
    put_register("  r2: ", at->r[2]);
    put_register("  r3: ", at->r[3]);
    put_register("  r12: ", at->r12);
    put("\n  where: addr2line -f -e PROGRAM.elf ");
    put_hex(at->pc);
  } else {
    put("\n  the registers could not be saved: the stack has left the memory");
  }
  put_register("\n  sp: ", (uint32_t)(uintptr_t)at);
  put_register("  exc_return: ", exception_return);
  put_register("\n  cfsr: ", status);
  put_register("  hfsr: ", HFSR);
  put("\n");
  sni_semihosting_exit(SNI_FAULT_STATUS);
}

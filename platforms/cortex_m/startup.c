/* From reset to main(), on QEMU's boards. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "platforms/cortex_m/faults.h"
#include "platforms/cortex_m/semihosting.h"

#define MAX_ARGUMENTS 64

/* Of the system control block. */
#define VTOR (*(volatile uint32_t*)0xE000ED08u)
#define CCR (*(volatile uint32_t*)0xE000ED14u)
#define SHCSR (*(volatile uint32_t*)0xE000ED24u)
#define CPACR (*(volatile uint32_t*)0xE000ED88u)

#define MPU_CTRL (*(volatile uint32_t*)0xE000ED94u)
#define MPU_RBAR (*(volatile uint32_t*)0xE000ED9Cu)
#define MPU_RASR (*(volatile uint32_t*)0xE000EDA0u)

#define CCR_UNALIGN_TRP (1u << 3)
#define CCR_DIV_0_TRP (1u << 4)
#define SHCSR_FAULTS_ENABLED (7u << 16) /* memory management, bus, usage */
#define MPU_ON_FOR_WHAT_IS_SET (5u)     /* and the default map for all else */
#define MPU_NO_ACCESS_16_MB (23u << 1 | 1u)
#define CPACR_FPU_AND_MVE (0xFu << 20) /* coprocessors 10 and 11 */

/* From the linker script. */
extern uint32_t sni_stack_top[];
extern uint32_t sni_stack_limit[];
extern uint32_t sni_data_load[], sni_data_start[], sni_data_end[];
extern uint32_t sni_bss_start[], sni_bss_end[];
extern void (*const sni_init_array_start[])(void);
extern void (*const sni_init_array_end[])(void);

extern int main(int argc, char* argv[]);

void sni_reset(void) __attribute__((noreturn));
void sni_ignore(void);

typedef union vector {
  const uint32_t* stack;
  void (*handler)(void);
} vector;

__attribute__((section(".vectors"), used)) static const vector vectors[] = {
    {.stack = sni_stack_top}, {.handler = sni_reset},  {.handler = sni_fault}, /* NMI */
    {.handler = sni_fault},                                                    /* hard fault */
    {.handler = sni_fault}, /* memory management */
    {.handler = sni_fault}, /* bus */
    {.handler = sni_fault}, /* usage */
    {.handler = sni_fault}, /* secure */
    {.handler = NULL},        {.handler = NULL},       {.handler = NULL},
    {.handler = sni_ignore},                           /* SVCall */
    {.handler = sni_ignore},                           /* debug monitor */
    {.handler = NULL},        {.handler = sni_ignore}, /* PendSV */
    {.handler = sni_ignore},                           /* SysTick */
};

void sni_ignore(void) {}

/* Constructors, for C++. */
static void construct(void) {
  for (void (*const* at)(void) = sni_init_array_start; at < sni_init_array_end; ++at) {
    (*at)();
  }
}

static void prepare_core(void) {
  VTOR = (uint32_t)(uintptr_t)vectors;
  SHCSR |= SHCSR_FAULTS_ENABLED;
#if defined(__ARM_FP)
  CPACR |= CPACR_FPU_AND_MVE;
  __asm__ volatile("dsb\nisb" ::: "memory");
#endif
#if defined(__ARM_ARCH_6M__)
  /* This code is for a core that cannot do it, and is run on one that could. */
  CCR |= CCR_UNALIGN_TRP;
#elif !defined(__ARM_ARCH_8M_BASE__)
  CCR |= CCR_DIV_0_TRP;
#endif
  /* A stack that overflows shall be a fault. It lies at the bottom of RAM, and of what is beneath
   * it, the emulated board would ignore writes. */
#if __ARM_ARCH >= 8
  __asm__ volatile("msr msplim, %0" ::"r"(sni_stack_limit));
#else
  MPU_RBAR = (uint32_t)(uintptr_t)sni_stack_limit - SNI_STACK_GUARD_BYTES;
  MPU_RASR = MPU_NO_ACCESS_16_MB;
  MPU_CTRL = MPU_ON_FOR_WHAT_IS_SET;
  __asm__ volatile("dsb\nisb" ::: "memory");
#endif
}

void sni_reset(void) {
  static char* argv[MAX_ARGUMENTS];
  prepare_core();
  memcpy(sni_data_start, sni_data_load, (size_t)((char*)sni_data_end - (char*)sni_data_start));
  memset(sni_bss_start, 0, (size_t)((char*)sni_bss_end - (char*)sni_bss_start));
  construct();
  const int argc = sni_semihosting_arguments(argv, MAX_ARGUMENTS);
  exit(main(argc, argv));
}

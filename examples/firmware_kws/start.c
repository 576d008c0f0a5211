/* From reset to main(), and the vector table. */
#include <stdint.h>

#include "examples/firmware_kws/board.h"
#include "examples/firmware_kws/console.h"
#include "examples/firmware_kws/microphone.h"

/* From sections.ld. */
extern uint32_t start_stack_top[];
extern const uint32_t start_data_in_flash[];
extern uint32_t start_data[], start_data_end[];
extern uint32_t start_bss[], start_bss_end[];

int main(void);
void start_reset(void) __attribute__((noreturn));

#define VTOR (*(volatile uint32_t*)0xE000ED08u)
#define CPACR (*(volatile uint32_t*)0xE000ED88u)
#define CPACR_FPU (0xFu << 20)

static void stop_at_fault(void) {
  uint32_t exception;
  __asm__ volatile("mrs %0, ipsr" : "=r"(exception));
  console_text("stopped: exception ");
  console_number(exception, 1);
  console_text("\n");
  board_stop(1);
}

typedef struct vector_table {
  uint32_t* stack;
  void (*handlers[15])(void);
} vector_table;

__attribute__((section(".vectors"), used)) static const vector_table vectors = {
    start_stack_top,
    {
        start_reset,
        stop_at_fault, /* NMI */
        stop_at_fault, /* hard fault */
        stop_at_fault, /* memory management */
        stop_at_fault, /* bus */
        stop_at_fault, /* usage */
        0,
        0,
        0,
        0,
        stop_at_fault, /* SVCall */
        stop_at_fault, /* debug monitor */
        0,
        stop_at_fault, /* PendSV */
        microphone_interrupt,
    },
};

void start_reset(void) {
  VTOR = (uint32_t)&vectors;
  CPACR |= CPACR_FPU;
  __asm__ volatile("dsb\nisb" ::: "memory");
  const uint32_t* from = start_data_in_flash;
  for (uint32_t* to = start_data; to < start_data_end; ++to) {
    *to = *from++;
  }
  for (uint32_t* to = start_bss; to < start_bss_end; ++to) {
    *to = 0;
  }
  board_stop(main());
}

/* Start-up of the sensor's Cortex-M4: memory, FPU, main(). */
#include <stdint.h>
#include <string.h>

extern uint32_t board_data[], board_data_end[], board_data_in_flash[];
extern uint32_t board_bss[], board_bss_end[], board_stack[];

int main(void);
void board_reset(void);

/* CPACR: coprocessors 10 and 11 are the FPU. */
static volatile uint32_t* const fpu_access = (volatile uint32_t*)0xE000ED88;

static void halt(void) {
  for (;;) {
  }
}

void board_reset(void) {
  *fpu_access |= 0xFU << 20;
  memcpy(board_data, board_data_in_flash, (uintptr_t)board_data_end - (uintptr_t)board_data);
  memset(board_bss, 0, (uintptr_t)board_bss_end - (uintptr_t)board_bss);
  (void)main();
  halt();
}

typedef struct vectors {
  uint32_t* stack;
  void (*handlers[15])(void);
} vectors;

__attribute__((section(".vectors"), used)) static const vectors board_vectors = {
    board_stack,
    {board_reset, halt, halt, halt, halt, halt, 0, 0, 0, 0, halt, halt, 0, halt, halt},
};

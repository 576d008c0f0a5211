/* ST's B-L475E-IOT01A: an STM32L475 at 48 MHz. Output goes to USART1, the serial port of its USB
 * plug. */
#include "examples/firmware_kws/board.h"

#define REGISTER(address) (*(volatile uint32_t*)(address))

#define FLASH_ACR REGISTER(0x40022000u)
#define RCC_CR REGISTER(0x40021000u)
#define RCC_AHB2ENR REGISTER(0x4002104Cu)
#define RCC_APB2ENR REGISTER(0x40021060u)
#define GPIOB_MODER REGISTER(0x48000400u)
#define GPIOB_AFRL REGISTER(0x48000420u)
#define USART1_CR1 REGISTER(0x40013800u)
#define USART1_BRR REGISTER(0x4001380Cu)
#define USART1_ISR REGISTER(0x4001381Cu)
#define USART1_TDR REGISTER(0x40013828u)

#define FLASH_TWO_WAIT_STATES 2u
#define FLASH_LATENCY 7u
#define MSI_RANGE (15u << 4)
#define MSI_48_MHZ (11u << 4)
#define MSI_RANGE_FROM_CR (1u << 3)
#define MSI_READY (1u << 1)
#define GPIOB_ON (1u << 1)
#define USART1_ON (1u << 14)
#define PB6_MODE (3u << 12)
#define PB6_ALTERNATE (2u << 12)
#define PB6_FUNCTION (15u << 24)
#define PB6_IS_USART1_TX (7u << 24)
#define USART_ENABLED (1u << 0)
#define USART_TRANSMITS (1u << 3)
#define USART_SENT (1u << 6)
#define USART_TAKES_MORE (1u << 7)

enum { CLOCK_HZ = 48000000, BAUD = 115200 };

/* The flash has to be slowed down before the core is made faster. */
static void speed_up(void) {
  FLASH_ACR = (FLASH_ACR & ~FLASH_LATENCY) | FLASH_TWO_WAIT_STATES;
  (void)FLASH_ACR;
  while ((RCC_CR & MSI_READY) == 0) {
  }
  RCC_CR = (RCC_CR & ~MSI_RANGE) | MSI_48_MHZ | MSI_RANGE_FROM_CR;
}

uint32_t board_start(void) {
  speed_up();
  RCC_AHB2ENR |= GPIOB_ON;
  RCC_APB2ENR |= USART1_ON;
  (void)RCC_APB2ENR; /* a clock needs two cycles to arrive */
  GPIOB_AFRL = (GPIOB_AFRL & ~PB6_FUNCTION) | PB6_IS_USART1_TX;
  GPIOB_MODER = (GPIOB_MODER & ~PB6_MODE) | PB6_ALTERNATE;
  USART1_BRR = (CLOCK_HZ + BAUD / 2) / BAUD;
  USART1_CR1 = USART_ENABLED | USART_TRANSMITS;
  return CLOCK_HZ;
}

static void put(char character) {
  while ((USART1_ISR & USART_TAKES_MORE) == 0) {
  }
  USART1_TDR = (uint8_t)character;
}

void board_write(const char* text, uint32_t bytes) {
  for (uint32_t i = 0; i < bytes; ++i) {
    if (text[i] == '\n') {
      put('\r');
    }
    put(text[i]);
  }
}

void board_stop(int status) {
  (void)status;
  while ((USART1_ISR & USART_SENT) == 0) {
  }
  __asm__ volatile("cpsid i");
  for (;;) {
    __asm__ volatile("wfi");
  }
}

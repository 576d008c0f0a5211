// The C toolchain builds C99 without a warning, and runs it.
#include <stdint.h>

int main(void) {
  const int8_t values[] = {-128, 127, 1};
  int32_t sum = 0;
  for (uint32_t i = 0; i < 3; ++i) sum += values[i];
  return sum == 0 ? 0 : 1;
}

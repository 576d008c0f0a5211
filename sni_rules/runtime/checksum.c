#include "sni_rules/runtime/checksum.h"

uint64_t sni_checksum(uint64_t checksum, const void* data, size_t size) {
  const unsigned char* const bytes = data;
  for (size_t i = 0; i < size; ++i) {
    checksum = (checksum ^ bytes[i]) * 0x100000001B3u;
  }
  return checksum;
}

/* FNV-1a, 64 bits: to compare the outputs of two runs. */
#ifndef SNI_RULES_RUNTIME_CHECKSUM_H_
#define SNI_RULES_RUNTIME_CHECKSUM_H_

#include <stddef.h>
#include <stdint.h>

#define SNI_CHECKSUM_START 0xCBF29CE484222325u

/* The checksum of what `checksum` stands for, followed by these bytes. */
uint64_t sni_checksum(uint64_t checksum, const void* data, size_t size);

#endif /* SNI_RULES_RUNTIME_CHECKSUM_H_ */

/* Arm semihosting: calls that the emulator, or a debugger, answers. Names and numbers are those of
 * Arm's "Semihosting for AArch32 and AArch64". */
#ifndef PLATFORMS_CORTEX_M_SEMIHOSTING_H_
#define PLATFORMS_CORTEX_M_SEMIHOSTING_H_

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum sni_semihosting_file {
  SNI_SEMIHOSTING_IN,
  SNI_SEMIHOSTING_OUT,
  SNI_SEMIHOSTING_ERR
} sni_semihosting_file;

/* Any call: `operation` and its argument, which for most is the address of a block of words. */
int32_t sni_semihosting_call(uint32_t operation, const void* argument);

/* Bytes read from standard input, 0 at its end; negative: it failed. Waits until there are some. */
int32_t sni_semihosting_read(void* buffer, size_t capacity);

/* false: it failed. */
int sni_semihosting_write(sni_semihosting_file file, const void* data, size_t size);

/* Splits the command line that the emulator was given. argv: room for `capacity` pointers, a final
 * NULL among them. Returns their number; the texts lie in static memory. */
int sni_semihosting_arguments(char** argv, int capacity);

/* Ends the run with an exit status. */
void sni_semihosting_exit(int status) __attribute__((noreturn));

#ifdef __cplusplus
}
#endif

#endif /* PLATFORMS_CORTEX_M_SEMIHOSTING_H_ */

/* The three standard streams of the program: the only way in and out of the runner. A platform
 * links one of io_*.c. */
#ifndef SNI_RULES_RUNTIME_IO_H_
#define SNI_RULES_RUNTIME_IO_H_

#include <stddef.h>

typedef enum sni_io_stream { SNI_IO_OUT, SNI_IO_ERR } sni_io_stream;

/* Once, before the other calls. */
void sni_io_start(void);

/* Reads from standard input what is there, at most `capacity` bytes, and waits only where nothing
 * is. *size: bytes read, 0 at the end. Returns NULL, or why it failed (a text that stays valid). */
const char* sni_io_read(char* buffer, size_t capacity, size_t* size);

/* Writes all of it, at once. Returns NULL, or why it failed (a text that stays valid). */
const char* sni_io_write(sni_io_stream stream, const char* data, size_t size);

#endif /* SNI_RULES_RUNTIME_IO_H_ */

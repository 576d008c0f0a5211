/* What the C library asks of the sensor: its standard streams are a serial port. */
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

int _close(int file);
void _exit(int status);
int _fstat(int file, struct stat* status);
int _getpid(void);
int _isatty(int file);
int _kill(int process, int signal);
int _lseek(int file, int offset, int whence);
int _read(int file, char* data, int bytes);
void* _sbrk(ptrdiff_t bytes);
clock_t _times(void* times);
int _write(int file, const char* data, int bytes);

typedef struct serial_port {
  volatile uint32_t status;
  volatile uint32_t data;
} serial_port;

enum { RECEIVED = 1U << 5, EMPTY = 1U << 7 };
static serial_port* const port = (serial_port*)0x40011000;

int _read(int file, char* data, int bytes) {
  (void)file;
  if (bytes == 0) {
    return 0;
  }
  while ((port->status & RECEIVED) == 0U) {
  }
  *data = (char)port->data;
  return 1;
}

int _write(int file, const char* data, int bytes) {
  (void)file;
  for (int i = 0; i < bytes; ++i) {
    while ((port->status & EMPTY) == 0U) {
    }
    port->data = (uint8_t)data[i];
  }
  return bytes;
}

int _fstat(int file, struct stat* status) {
  (void)file;
  status->st_mode = S_IFCHR;
  return 0;
}

int _isatty(int file) {
  (void)file;
  return 1;
}

int _close(int file) {
  (void)file;
  return 0;
}

int _lseek(int file, int offset, int whence) {
  (void)file;
  (void)offset;
  (void)whence;
  return 0;
}

/* No heap: the streams go without buffers. */
void* _sbrk(ptrdiff_t bytes) {
  (void)bytes;
  errno = ENOMEM;
  return (void*)-1;
}

clock_t _times(void* times) {
  (void)times;
  return (clock_t)-1;
}

int _getpid(void) { return 1; }

int _kill(int process, int signal) {
  (void)process;
  (void)signal;
  return -1;
}

void _exit(int status) {
  (void)status;
  for (;;) {
  }
}

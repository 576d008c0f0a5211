/* What newlib asks of an operating system, over semihosting: standard streams, the heap and the end
 * of the program. Programs that use none of it are linked without it. */
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/times.h>

#include "platforms/cortex_m/board.h"
#include "platforms/cortex_m/semihosting.h"

extern char sni_heap_start[], sni_heap_end[];

int _read(int file, char* buffer, int size);
int _write(int file, const char* data, int size);
int _close(int file);
int _fstat(int file, struct stat* status);
int _isatty(int file);
int _lseek(int file, int offset, int whence);
int _kill(int process, int signal);
int _getpid(void);
void* _sbrk(ptrdiff_t size);
clock_t _times(struct tms* buffer);
void _exit(int status) __attribute__((noreturn));
void _init(void);
void _fini(void);

int _read(int file, char* buffer, int size) {
  (void)file;
  const int32_t got = sni_semihosting_read(buffer, (size_t)size);
  if (got < 0) {
    errno = EIO;
  }
  return (int)got;
}

int _write(int file, const char* data, int size) {
  const sni_semihosting_file to = file == 2 ? SNI_SEMIHOSTING_ERR : SNI_SEMIHOSTING_OUT;
  if (!sni_semihosting_write(to, data, (size_t)size)) {
    errno = EIO;
    return -1;
  }
  return size;
}

int _close(int file) {
  (void)file;
  return 0;
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

int _lseek(int file, int offset, int whence) {
  (void)file;
  (void)offset;
  (void)whence;
  errno = ESPIPE;
  return -1;
}

int _kill(int process, int signal) {
  (void)process;
  sni_semihosting_exit(128 + signal);
}

int _getpid(void) { return 1; }

void* _sbrk(ptrdiff_t size) {
  static char* end = sni_heap_start;
  if (size > sni_heap_end - end) {
    errno = ENOMEM;
    return (void*)-1;
  }
  char* const start = end;
  end += size;
  return start;
}

clock_t _times(struct tms* buffer) {
  const clock_t now = (clock_t)(sni_board_ns() / (1000000000u / CLOCKS_PER_SEC));
  buffer->tms_utime = now;
  buffer->tms_stime = 0;
  buffer->tms_cutime = 0;
  buffer->tms_cstime = 0;
  return now;
}

void _exit(int status) { sni_semihosting_exit(status); }

void _init(void) {}

void _fini(void) {}

/* POSIX: read() returns what has arrived, so that bulk data comes in large pieces and a live stream
 * row by row. */
#define _POSIX_C_SOURCE 200112L

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "sni_rules/runtime/io.h"

void sni_io_start(void) {
  /* A reader that has gone shall be an error of write(), to be reported, not the end of this
   * process. */
  struct sigaction ignore;
  memset(&ignore, 0, sizeof ignore);
  ignore.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &ignore, NULL);
}

/* true: the call is worth repeating. A descriptor may be non-blocking because whoever shares it has
 * made it so. */
static bool may_repeat(int descriptor, short events) {
  if (errno == EINTR) {
    return true;
  }
  if (errno != EAGAIN && errno != EWOULDBLOCK) {
    return false;
  }
  struct pollfd ready = {descriptor, events, 0};
  return poll(&ready, 1, -1) >= 0 || errno == EINTR;
}

const char* sni_io_read(char* buffer, size_t capacity, size_t* size) {
  for (;;) {
    const ssize_t got = read(STDIN_FILENO, buffer, capacity);
    if (got >= 0) {
      *size = (size_t)got;
      return NULL;
    }
    if (!may_repeat(STDIN_FILENO, POLLIN)) {
      return strerror(errno);
    }
  }
}

const char* sni_io_write(sni_io_stream stream, const char* data, size_t size) {
  const int descriptor = stream == SNI_IO_OUT ? STDOUT_FILENO : STDERR_FILENO;
  while (size > 0) {
    const ssize_t done = write(descriptor, data, size);
    if (done >= 0) {
      data += done;
      size -= (size_t)done;
    } else if (!may_repeat(descriptor, POLLOUT)) {
      return strerror(errno);
    }
  }
  return NULL;
}

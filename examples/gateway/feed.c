#define _POSIX_C_SOURCE 200809L

#include "examples/gateway/feed.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
  FIRST_WAIT_SECONDS = 1,
  LONGEST_WAIT_SECONDS = 60,
  CONNECT_SECONDS = 10,
  SILENCE_SECONDS = 300 /* so long a silence is a connection that has died */
};

static volatile sig_atomic_t stopped;

static void stop(int signal) {
  (void)signal;
  stopped = 1;
}

/* Signals are delivered only where this program waits, so that none comes between a question and
 * the waiting. */
static void catch_signals(sigset_t* while_waiting) {
  const struct sigaction on_stop = {.sa_handler = stop};
  sigaction(SIGTERM, &on_stop, NULL);
  sigaction(SIGINT, &on_stop, NULL);
  sigset_t blocked;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGTERM);
  sigaddset(&blocked, SIGINT);
  sigprocmask(SIG_BLOCK, &blocked, while_waiting);
  sigdelset(while_waiting, SIGTERM);
  sigdelset(while_waiting, SIGINT);
}

/* Waits until `descriptor` can be read, or written; -1: only for the time. Returns whether it can.
 */
static bool wait_for(const feed* of, int descriptor, bool writing, long seconds) {
  const struct timespec limit = {.tv_sec = seconds};
  fd_set set;
  FD_ZERO(&set);
  if (descriptor >= 0) {
    FD_SET(descriptor, &set);
  }
  return pselect(descriptor + 1, writing ? NULL : &set, writing ? &set : NULL, NULL,
                 seconds < 0 ? NULL : &limit, &of->while_waiting) > 0;
}

const char* feed_open(feed* of, const char* name) {
  memset(of, 0, sizeof *of);
  of->descriptor = STDIN_FILENO;
  of->wait_seconds = FIRST_WAIT_SECONDS;
  if (strcmp(name, "-") != 0) {
    const char* const colon = strrchr(name, ':');
    size_t host = colon == NULL ? 0 : (size_t)(colon - name);
    if (host > 2 && name[0] == '[' && name[host - 1] == ']') { /* [::1]:10110 */
      ++name;
      host -= 2;
    }
    if (host == 0 || host >= sizeof of->host || colon[1] == '\0' ||
        strlen(colon + 1) >= sizeof of->port) {
      return "neither \"-\", the standard input, nor HOST:PORT";
    }
    memcpy(of->host, name, host);
    memcpy(of->port, colon + 1, strlen(colon + 1));
    of->descriptor = -1;
  }
  catch_signals(&of->while_waiting);
  return NULL;
}

/* Returns a connected socket, or -1 and in `problem` why there is none. */
static int connect_to(const feed* of, const struct addrinfo* address, const char** problem) {
  const int made = socket(address->ai_family, address->ai_socktype, address->ai_protocol);
  if (made < 0 || made >= FD_SETSIZE) {
    *problem = strerror(errno);
    return -1;
  }
  fcntl(made, F_SETFL, O_NONBLOCK);
  int error = connect(made, address->ai_addr, address->ai_addrlen) == 0 ? 0 : errno;
  if (error == EINPROGRESS) {
    socklen_t size = sizeof error;
    if (!wait_for(of, made, true, CONNECT_SECONDS)) {
      error = ETIMEDOUT;
    } else if (getsockopt(made, SOL_SOCKET, SO_ERROR, &error, &size) != 0) {
      error = errno;
    }
  }
  if (error != 0) {
    close(made);
    *problem = strerror(error);
    return -1;
  }
  return made;
}

/* Tries every address of the host once. */
static bool dial(feed* of) {
  const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
  struct addrinfo* addresses = NULL;
  const char* problem = "no address";
  const int status = getaddrinfo(of->host, of->port, &hints, &addresses);
  if (status != 0) {
    problem = gai_strerror(status);
    addresses = NULL;
  }
  for (const struct addrinfo* at = addresses; at != NULL && of->descriptor < 0 && !stopped;
       at = at->ai_next) {
    of->descriptor = connect_to(of, at, &problem);
  }
  if (addresses != NULL) {
    freeaddrinfo(addresses);
  }
  if (of->descriptor < 0 && !stopped) {
    fprintf(stderr, "%s:%s: %s; the next attempt is in %u s\n", of->host, of->port, problem,
            of->wait_seconds);
  }
  return of->descriptor >= 0;
}

/* Until there is a connection, or a signal. */
static void stay_connected(feed* of) {
  while (of->descriptor < 0 && !stopped) {
    if (dial(of)) {
      fprintf(stderr, "%s:%s: connected\n", of->host, of->port);
      return;
    }
    wait_for(of, -1, false, (long)of->wait_seconds);
    of->wait_seconds =
        2 * of->wait_seconds < LONGEST_WAIT_SECONDS ? 2 * of->wait_seconds : LONGEST_WAIT_SECONDS;
  }
}

static void disconnect(feed* of, const char* reason) {
  fprintf(stderr, "%s:%s: %s; the next attempt is in %u s\n", of->host, of->port, reason,
          of->wait_seconds);
  close(of->descriptor);
  of->descriptor = -1;
  of->start = of->end = 0; /* what had come of a line is lost with the connection */
  of->skipping = false;
  wait_for(of, -1, false, (long)of->wait_seconds);
}

/* Adds what there is to the buffer. Returns false at the end of the standard input. */
static bool fill(feed* of) {
  const bool remote = of->host[0] != '\0';
  stay_connected(of);
  if (stopped) {
    return true;
  }
  if (!wait_for(of, of->descriptor, false, remote ? SILENCE_SECONDS : -1)) {
    if (remote && !stopped) {
      disconnect(of, "silent for too long");
    }
    return true;
  }
  const ssize_t got = read(of->descriptor, of->buffer + of->end, sizeof of->buffer - of->end);
  if (got > 0) {
    of->end += (size_t)got;
    of->wait_seconds = FIRST_WAIT_SECONDS;
  } else if (!remote) {
    return got < 0 && (errno == EINTR || errno == EAGAIN);
  } else if (got == 0) {
    disconnect(of, "closed by the server");
  } else if (errno != EINTR && errno != EAGAIN) {
    disconnect(of, strerror(errno));
  }
  return true;
}

feed_event feed_next(feed* of, const char** line, size_t* length) {
  for (bool more = true;;) {
    if (stopped) {
      return FEED_STOPPED;
    }
    char* const start = of->buffer + of->start;
    const size_t held = of->end - of->start;
    const char* const newline = memchr(start, '\n', held);
    if (newline != NULL || (!more && held > 0)) {
      *line = start;
      *length = newline != NULL ? (size_t)(newline - start) : held;
      of->start += *length + (newline != NULL);
      const bool skipped = of->skipping;
      of->skipping = false;
      if (!skipped) {
        return FEED_LINE;
      }
      continue;
    }
    if (!more) {
      return FEED_END;
    }
    memmove(of->buffer, start, held);
    of->start = 0;
    of->end = held;
    if (held == sizeof of->buffer) {
      const bool already = of->skipping;
      of->end = 0;
      of->skipping = true;
      if (!already) {
        return FEED_TOO_LONG;
      }
    }
    more = fill(of);
  }
}

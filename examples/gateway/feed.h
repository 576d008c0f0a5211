/* Lines of text from the standard input or from a TCP server, which is connected to anew whenever
 * it goes away. */
#ifndef EXAMPLES_GATEWAY_FEED_H_
#define EXAMPLES_GATEWAY_FEED_H_

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

enum { FEED_LINE_BYTES = 1024, FEED_NAME_BYTES = 256, FEED_PORT_BYTES = 16 };

typedef enum feed_event {
  FEED_LINE,
  FEED_TOO_LONG, /* a line that did not fit: it is skipped */
  FEED_END,      /* of the standard input */
  FEED_STOPPED   /* by SIGTERM or SIGINT */
} feed_event;

typedef struct feed {
  char host[FEED_NAME_BYTES]; /* empty: the standard input */
  char port[FEED_PORT_BYTES];
  int descriptor; /* -1: not connected */
  unsigned wait_seconds;
  sigset_t while_waiting;
  char buffer[FEED_LINE_BYTES];
  size_t start, end;
  bool skipping;
} feed;

/* Makes a feed of "-" or "HOST:PORT", and has SIGTERM and SIGINT end it. Returns NULL, or what is
 * wrong. */
const char* feed_open(feed* of, const char* name);

/* Waits for the next line; `line` is good until the next call. */
feed_event feed_next(feed* of, const char** line, size_t* length);

#endif /* EXAMPLES_GATEWAY_FEED_H_ */

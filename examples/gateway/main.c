/* The AIS detector as a service: NMEA in, alerts out. */
#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "examples/gateway/feed.h"
#include "examples/gateway/watch.h"

enum { DONE = 0, OUTPUT_FAILED = 1, WRONG_USE = 2 };

static const char usage[] =
    "gateway [--all] [--live] - | HOST:PORT\n"
    "\n"
    "Reads NMEA sentences with AIS messages from the standard input, or from a TCP server to "
    "which\n"
    "it connects anew whenever the connection is lost. Writes a line of JSON for each position "
    "that\n"
    "contradicts what its vessel did before; says on stderr what is wrong with a line, and in the\n"
    "end, or at SIGTERM, what there was.\n"
    "\n"
    "  --all   write every position on the 10-minute grid, not alerts alone\n"
    "  --live  a sentence without a time was received now; always so with HOST:PORT\n";

static int run(feed* from, watch* on) {
  for (;;) {
    const char* line;
    size_t length;
    switch (feed_next(from, &line, &length)) {
      case FEED_LINE:
        watch_line(on, line, length);
        break;
      case FEED_TOO_LONG:
        watch_bad_line(on, "longer than 1024 bytes");
        break;
      case FEED_END:
      case FEED_STOPPED:
        watch_end(on);
        watch_summary(on);
        return fflush(stdout) == 0 && !ferror(stdout) ? DONE : OUTPUT_FAILED;
    }
    if (ferror(stdout)) {
      return OUTPUT_FAILED;
    }
  }
}

int main(int argc, char* argv[]) {
  static watch on;
  static feed from;
  const char* name = NULL;
  for (int i = 1; i < argc; ++i) {
    if (strcmp(argv[i], "--help") == 0) {
      fputs(usage, stdout);
      return DONE;
    }
    if (strcmp(argv[i], "--all") == 0) {
      on.all_rows = true;
    } else if (strcmp(argv[i], "--live") == 0) {
      on.live = true;
    } else if ((argv[i][0] != '-' || argv[i][1] == '\0') && name == NULL) {
      name = argv[i];
    } else {
      fprintf(stderr, "error: argument \"%s\" is not understood\n\n%s", argv[i], usage);
      return WRONG_USE;
    }
  }
  if (name == NULL) {
    fprintf(stderr, "error: no source of sentences is given\n\n%s", usage);
    return WRONG_USE;
  }
  const char* const problem = feed_open(&from, name);
  if (problem != NULL) {
    fprintf(stderr, "error: source \"%s\": %s\n", name, problem);
    return WRONG_USE;
  }
  on.live = on.live || from.host[0] != '\0';
  signal(SIGPIPE, SIG_IGN);
  /* An alert is to be read when it is made. */
  setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
  const int status = run(&from, &on);
  if (status != DONE) {
    fprintf(stderr, "error: standard output: %s\n", strerror(errno));
  }
  return status;
}

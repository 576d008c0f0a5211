/* Counts the instructions of a program by executing them one by one, on the processor itself: for
 * those that no emulator knows.
 *
 *     stepped --profile=FILE --mark=ADDRESS --mark=.. PROGRAM ARGUMENTS
 *
 * FILE and the marks: see profile.h. The program runs freely to the first mark and is stepped
 * through from there to the last one, each time that it comes by. Repeated string operations count
 * once. Its addresses must be those it was linked for, as a static program's are. */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "platforms/counter/profile.h"

#define BREAKPOINT 0xCCL
#define BREAKPOINT_BYTES 1

static void die(const char* what) {
  fprintf(stderr, "stepped: %s: %s\n", what, strerror(errno));
  exit(1);
}

static uint64_t position(pid_t child) {
  errno = 0;
  const long at = ptrace(PTRACE_PEEKUSER, child, offsetof(struct user_regs_struct, rip), NULL);
  if (errno != 0) {
    die("position");
  }
  return (uint64_t)at;
}

/* Lets the program go on to its next stop. false: it has ended, with *status. */
static bool go_on(pid_t child, enum __ptrace_request how, int signal, int* status) {
  if (ptrace(how, child, NULL, (void*)(intptr_t)signal) != 0 ||
      waitpid(child, status, 0) != child) {
    die("go on");
  }
  return WIFSTOPPED(*status);
}

static long put_word(pid_t child, uint64_t address, long word) {
  const long before = ptrace(PTRACE_PEEKTEXT, child, (void*)address, NULL);
  if (ptrace(PTRACE_POKETEXT, child, (void*)address, (void*)word) != 0) {
    die("breakpoint");
  }
  return before;
}

/* Steps from the first mark to the last. false: the program has ended. */
static bool step(profile* counts, pid_t child, int* status) {
  const uint64_t last = counts->marks[counts->mark_count - 1];
  uint64_t before = 0;
  for (;;) {
    const uint64_t at = position(child);
    if (at != before) {
      profile_execute(counts, profile_find(counts, at, 1));
    }
    if (at == last) {
      return true;
    }
    before = at;
    if (!go_on(child, PTRACE_SINGLESTEP, 0, status)) {
      return false;
    }
    if (WSTOPSIG(*status) != SIGTRAP) {
      return go_on(child, PTRACE_CONT, WSTOPSIG(*status), status);
    }
  }
}

static int follow(profile* counts, pid_t child) {
  const uint64_t first = counts->marks[0];
  int status;
  if (waitpid(child, &status, 0) != child || !WIFSTOPPED(status)) {
    die("start");
  }
  const long word = ptrace(PTRACE_PEEKTEXT, child, (void*)first, NULL);
  put_word(child, first, (word & ~0xFFL) | BREAKPOINT);
  int signal = 0;
  while (go_on(child, PTRACE_CONT, signal, &status)) {
    signal = WSTOPSIG(status);
    if (signal != SIGTRAP || position(child) != first + BREAKPOINT_BYTES) {
      continue;
    }
    signal = 0;
    put_word(child, first, word);
    ptrace(PTRACE_POKEUSER, child, offsetof(struct user_regs_struct, rip), (void*)first);
    if (!step(counts, child, &status)) {
      break;
    }
    put_word(child, first, (word & ~0xFFL) | BREAKPOINT);
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int main(int argc, char* argv[]) {
  profile counts = {0};
  const char* out = NULL;
  int at = 1;
  for (; at < argc && strncmp(argv[at], "--", 2) == 0; ++at) {
    if (strncmp(argv[at], "--profile=", 10) == 0) {
      out = argv[at] + 10;
    } else if (strncmp(argv[at], "--mark=", 7) == 0) {
      profile_add_mark(&counts, strtoull(argv[at] + 7, NULL, 16));
    }
  }
  if (out == NULL || counts.mark_count == 0 || at == argc) {
    fputs("usage: stepped --profile=FILE --mark=ADDRESS .. PROGRAM ARGUMENTS\n", stderr);
    return 2;
  }
  const pid_t child = fork();
  if (child == 0) {
    ptrace(PTRACE_TRACEME, 0, NULL, NULL);
    execv(argv[at], argv + at);
    perror(argv[at]);
    _exit(127);
  }
  if (child < 0) {
    die("fork");
  }
  const int status = follow(&counts, child);
  if (!profile_write(&counts, out)) {
    die(out);
  }
  return status;
}

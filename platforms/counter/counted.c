/* Counts the instructions of a program under QEMU's user-mode emulation:
 *
 *     counted [--profile=FILE --mark=ADDRESS ..] qemu-arm OPTIONS PROGRAM ARGUMENTS
 *
 * QEMU logs each block of code when it is translated and each time it is executed. The log is read
 * here as it is written, and the program may ask at any time how many instructions have been
 * executed so far: the environment variable SNI_INSTRUCTION_COUNTER holds two file descriptors,
 * "ASK,ANSWER". ASK is the log itself, so that a question comes after everything that was executed
 * before it; a question is the line "sni?". The answer is a number of 8 bytes, in this machine's
 * order.
 *
 * FILE, which is for the whole run, and the marks: see profile.h.
 */
#define _GNU_SOURCE

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "platforms/counter/profile.h"

#define PREFIX "counted: "

typedef struct block {
  uint64_t translation; /* where QEMU keeps its code: the key, 0 where the slot is free */
  profile_block* code;
} block;

typedef struct table {
  block* slots;
  size_t capacity; /* a power of two */
  size_t used;
} table;

typedef struct counter {
  table blocks;
  profile executed;
  uint64_t total;
  uint64_t
      translated; /* instructions of the block that was translated last, until it is executed */
  bool translating;
  int answer;
} counter;

static void die(const char* what) {
  perror(what);
  exit(1);
}

static block* slot_of(table* blocks, uint64_t translation) {
  size_t at = (size_t)(translation >> 4) * 0x9E3779B97F4A7C15u >> 7 & (blocks->capacity - 1);
  while (blocks->slots[at].translation != 0 && blocks->slots[at].translation != translation) {
    at = (at + 1) & (blocks->capacity - 1);
  }
  return &blocks->slots[at];
}

static void grow(table* blocks) {
  const table old = *blocks;
  blocks->capacity = old.capacity == 0 ? 4096 : 2 * old.capacity;
  blocks->slots = calloc(blocks->capacity, sizeof *blocks->slots);
  if (blocks->slots == NULL) {
    die(PREFIX "memory");
  }
  for (size_t i = 0; i < old.capacity; ++i) {
    if (old.slots[i].translation != 0) {
      *slot_of(blocks, old.slots[i].translation) = old.slots[i];
    }
  }
  free(old.slots);
}

/* "Trace 0: 0x7f.. [..../ADDRESS/..]": a block is about to be executed. */
static void on_execution(counter* count, const char* line, bool undone) {
  const char* hex = strstr(line, "0x");
  const char* slash = strchr(line, '/');
  if (hex == NULL || slash == NULL) {
    return;
  }
  if (2 * count->blocks.used >= count->blocks.capacity) {
    grow(&count->blocks);
  }
  block* const at = slot_of(&count->blocks, strtoull(hex, NULL, 16));
  if (at->translation == 0) {
    at->translation = strtoull(hex, NULL, 16);
    ++count->blocks.used;
  }
  if (count->translated > 0) {
    const uint64_t address = strtoull(slash + 1, NULL, 16);
    at->code = profile_find(&count->executed, address, count->translated);
    count->translated = 0;
  }
  if (at->code == NULL) {
    return;
  }
  profile* const executed = &count->executed;
  if (!undone) {
    count->total += at->code->instructions;
    profile_execute(executed, at->code);
  } else {
    count->total -= at->code->instructions;
    at->code->executions[executed->current] -= executed->current < executed->mark_count;
  }
}

/* "ADDRESS:  BYTES  TEXT"; a long instruction goes on in lines without a text. */
static bool is_instruction(const char* line) {
  const char* const bytes = strchr(line, ':');
  return bytes != NULL && bytes[1 + strspn(bytes + 1, "0123456789abcdef ")] != '\0';
}

static void on_line(counter* count, const char* line) {
  if (strncmp(line, "Trace ", 6) == 0) {
    count->translating = false;
    on_execution(count, line, false);
  } else if (strncmp(line, "IN:", 3) == 0) {
    count->translating = true;
    count->translated = 0;
  } else if (count->translating && strncmp(line, "0x", 2) == 0) {
    count->translated += is_instruction(line);
  } else if (strcmp(line, "sni?") == 0) {
    if (write(count->answer, &count->total, sizeof count->total) != sizeof count->total) {
      die(PREFIX "answer");
    }
  } else if (strncmp(line, "Stopped execution of TB chain before", 36) == 0) {
    on_execution(count, line, true);
  }
}

static void read_log(counter* count, FILE* log) {
  char* line = NULL;
  size_t capacity = 0;
  ssize_t size;
  while ((size = getline(&line, &capacity, log)) > 0) {
    line[size - (line[size - 1] == '\n')] = '\0';
    on_line(count, line);
  }
  free(line);
}

/* Starts the emulator, its command with the options of the log put in. */
static pid_t start(char* command[], int count, int log, int ask, int answer) {
  char file[32];
  char descriptors[32];
  snprintf(file, sizeof file, "/dev/fd/%d", log);
  snprintf(descriptors, sizeof descriptors, "%d,%d", ask, answer);
  char* options[] = {"-d", "exec,nochain,in_asm", "-D", file};
  char** const arguments = calloc((size_t)count + 5, sizeof *arguments);
  if (arguments == NULL) {
    die(PREFIX "memory");
  }
  arguments[0] = command[0];
  memcpy(arguments + 1, options, sizeof options);
  memcpy(arguments + 5, command + 1, (size_t)(count - 1) * sizeof *arguments);
  const pid_t child = fork();
  if (child == 0) {
    setenv("SNI_INSTRUCTION_COUNTER", descriptors, 1);
    execvp(arguments[0], arguments);
    perror(arguments[0]);
    _exit(127);
  }
  free(arguments);
  return child;
}

int main(int argc, char* argv[]) {
  const char* out = NULL;
  counter count = {0};
  char** command = argv + 1;
  for (; *command != NULL && strncmp(*command, "--", 2) == 0; ++command) {
    if (strncmp(*command, "--profile=", 10) == 0) {
      out = *command + 10;
    } else if (strncmp(*command, "--mark=", 7) == 0) {
      profile_add_mark(&count.executed, strtoull(*command + 7, NULL, 16));
    }
  }
  int log[2];
  int answers[2];
  if (*command == NULL) {
    fputs("usage: counted [--profile=FILE --mark=ADDRESS ..] qemu-arm OPTIONS PROGRAM ARGUMENTS\n",
          stderr);
    return 2;
  }
  if (pipe(log) != 0 || pipe(answers) != 0) {
    die(PREFIX "pipe");
  }
  signal(SIGPIPE, SIG_IGN);
  const pid_t child = start(command, (int)(argv + argc - command), log[1], log[1], answers[0]);
  if (child < 0) {
    die(PREFIX "fork");
  }
  close(log[1]);
  close(answers[0]);
  count.answer = answers[1];
  FILE* const file = fdopen(log[0], "r");
  if (file == NULL) {
    die(PREFIX "log");
  }
  read_log(&count, file);
  if (out != NULL && !profile_write(&count.executed, out)) {
    die(out);
  }
  int status;
  if (waitpid(child, &status, 0) != child) {
    die(PREFIX "wait");
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

#include "sni_rules/runtime/options.h"

#include <stddef.h>
#include <string.h>

#include "sni_rules/runtime/limits.h"

typedef enum flag_kind { FLAG_SWITCH, FLAG_CHOICE, FLAG_NUMBER, FLAG_CHARACTER } flag_kind;

typedef enum flag_id {
  FLAG_IN,
  FLAG_OUT,
  FLAG_HEADER,
  FLAG_COMMENT,
  FLAG_STRICT,
  FLAG_MAX_REPORTS,
  FLAG_SUMMARY,
  FLAG_QUIET,
  FLAG_ITERATIONS,
  FLAG_WARMUP,
  FLAG_SEED,
  FLAG_HELP,
  FLAG_VERSION,
  FLAG_COUNT
} flag_id;

typedef struct flag {
  const char* name;
  const char* accepted; /* how to give it, for messages */
  const char* modes;    /* those it belongs to; NULL: all */
  flag_kind kind;
  const char* const* choices; /* FLAG_CHOICE: NULL at the end; a value is its index */
  uint64_t low;               /* FLAG_NUMBER */
  uint64_t high;
  uint64_t value; /* the default */
} flag;

/* What the command line says. */
typedef struct parsed {
  uint64_t values[FLAG_COUNT];
  bool given[FLAG_COUNT];
  const char* mode; /* NULL: none given */
  bool valid;
  sni_writer* log;
} parsed;

static const char* const mode_names[] = {"stream", "bench", "info", NULL};
/* In the order of sni_format, which has the input formats first. */
static const char* const in_names[] = {"csv", "f32", "tensor", NULL};
static const char* const out_names[] = {"csv", "f32", "tensor", "jsonl", NULL};
static const char* const header_names[] = {"auto", "yes", "no", NULL};
static const char* const summary_names[] = {"text", "json", "none", NULL};

#define SNI_DEFAULT_ITERATIONS (SNI_MAX_ITERATIONS < 1000 ? SNI_MAX_ITERATIONS : 1000)

/* clang-format off */
static const flag flags[FLAG_COUNT] = {
    {"--in", "--in=csv|f32|tensor", "stream", FLAG_CHOICE, in_names, 0, 0, SNI_FORMAT_CSV},
    {"--out", "--out=csv|jsonl|f32|tensor", "stream", FLAG_CHOICE, out_names, 0, 0, SNI_FORMAT_CSV},
    {"--header", "--header=auto|yes|no", "stream", FLAG_CHOICE, header_names, 0, 0, SNI_HEADER_AUTO},
    {"--comment", "--comment=C, C one of # % ; ! / * @ | ~ & $ : ^", "stream", FLAG_CHARACTER, NULL, 0, 0, '\0'},
    {"--strict", "--strict", "stream", FLAG_SWITCH, NULL, 0, 0, false},
    {"--max-reports", "--max-reports=N, N from 0", "stream", FLAG_NUMBER, NULL, 0, UINT64_MAX, UINT64_MAX},
    {"--summary", "--summary=text|json|none", "stream", FLAG_CHOICE, summary_names, 0, 0, SNI_SUMMARY_TEXT},
    {"--quiet", "--quiet", "stream", FLAG_SWITCH, NULL, 0, 0, false},
    {"--iterations", "--iterations=N, N from 1 to " SNI_TEXT_OF(SNI_MAX_ITERATIONS), "bench", FLAG_NUMBER, NULL,
     1, SNI_MAX_ITERATIONS, SNI_DEFAULT_ITERATIONS},
    {"--warmup", "--warmup=N, N from 0", "bench", FLAG_NUMBER, NULL, 0, UINT64_MAX, 10},
    {"--seed", "--seed=N, N from 0 to 18446744073709551615", "bench", FLAG_NUMBER, NULL, 0, UINT64_MAX, 1},
    {"--help", "--help", NULL, FLAG_SWITCH, NULL, 0, 0, false},
    {"--version", "--version", NULL, FLAG_SWITCH, NULL, 0, 0, false},
};
/* clang-format on */

static bool is(sni_text text, const char* string) {
  return sni_text_equal(text, sni_text_of(string));
}

/* "error: 'ARGUMENT': WHAT (give ACCEPTED)" */
static void complain(parsed* line, const char* argument, const char* what, const char* accepted) {
  line->valid = false;
  sni_write_string(line->log, "error: ");
  sni_write_quoted(line->log, sni_text_of(argument));
  sni_write_string(line->log, what);
  sni_write_string(line->log, accepted);
  sni_write_string(line->log, ")\n");
}

static void complain_of_unknown(parsed* line, const char* argument) {
  line->valid = false;
  sni_write_string(line->log, "error: ");
  sni_write_quoted(line->log, sni_text_of(argument));
  sni_write_string(line->log, ": no such flag (accepted:");
  for (size_t id = 0; id < FLAG_COUNT; ++id) {
    sni_write_char(line->log, ' ');
    sni_write_string(line->log, flags[id].name);
  }
  sni_write_string(line->log, ")\n");
}

static bool parse_choice(const char* const* choices, sni_text text, uint64_t* value) {
  for (*value = 0; choices[*value] != NULL; ++*value) {
    if (is(text, choices[*value])) {
      return true;
    }
  }
  return false;
}

static bool parse_number(const flag* of, sni_text text, uint64_t* value) {
  *value = 0;
  for (size_t i = 0; i < text.size; ++i) {
    if (text.data[i] < '0' || text.data[i] > '9') {
      return false;
    }
    const uint64_t digit = (uint64_t)(text.data[i] - '0');
    if (*value > (UINT64_MAX - digit) / 10) {
      return false;
    }
    *value = *value * 10 + digit;
  }
  return text.size > 0 && *value >= of->low && *value <= of->high;
}

/* Only what no number and no usual name begins with. */
static bool parse_character(sni_text text, uint64_t* value) {
  if (text.size != 1 || strchr("#%;!/*@|~&$:^", text.data[0]) == NULL) {
    return false;
  }
  *value = (uint64_t)(unsigned char)text.data[0];
  return true;
}

static bool parse_value(const flag* of, sni_text text, uint64_t* value) {
  switch (of->kind) {
    case FLAG_CHOICE:
      return parse_choice(of->choices, text, value);
    case FLAG_NUMBER:
      return parse_number(of, text, value);
    case FLAG_CHARACTER:
      return parse_character(text, value);
    case FLAG_SWITCH:
      break;
  }
  return false;
}

static size_t find_flag(sni_text name) {
  size_t id = 0;
  while (id < FLAG_COUNT && !is(name, flags[id].name)) {
    ++id;
  }
  return id;
}

/* One argument, and the one after it where that is its value; returns how many it took. */
static int take_flag(parsed* line, const char* argument, const char* next) {
  const char* const equals = strchr(argument, '=');
  sni_text name = sni_text_of(argument);
  name.size = equals != NULL ? (size_t)(equals - argument) : name.size;
  const size_t id = is(name, "-h") ? FLAG_HELP : find_flag(name);
  if (id == FLAG_COUNT) {
    complain_of_unknown(line, argument);
    return 1;
  }
  const flag* const found = &flags[id];
  line->given[id] = true;
  if (found->kind == FLAG_SWITCH) {
    line->values[id] = true;
    if (equals != NULL) {
      complain(line, argument, ": takes no value (give ", found->accepted);
    }
    return 1;
  }
  if (equals == NULL && next == NULL) {
    complain(line, argument, ": lacks its value (give ", found->accepted);
    return 1;
  }
  const char* const value = equals != NULL ? equals + 1 : next;
  if (!parse_value(found, sni_text_of(value), &line->values[id])) {
    complain(line, equals != NULL ? argument : value,
             equals != NULL ? ": not accepted (give " : ": not accepted as a value (give ",
             found->accepted);
  }
  return equals != NULL ? 1 : 2;
}

static void take_word(parsed* line, const char* argument, sni_mode* mode) {
  uint64_t index = 0;
  if (line->mode != NULL) {
    complain(line, argument, ": one word too many (", "rows are read from standard input");
    return;
  }
  line->mode = argument;
  if (!parse_choice(mode_names, sni_text_of(argument), &index)) {
    complain(line, argument, ": no such mode (give ",
             "stream, bench or info; rows are read from standard input");
    return;
  }
  *mode = (sni_mode)index;
}

/* Flags that are right by themselves, but mean nothing here. */
static void check_together(parsed* line, sni_mode mode) {
  for (size_t id = 0; id < FLAG_COUNT; ++id) {
    if (line->given[id] && flags[id].modes != NULL &&
        strcmp(flags[id].modes, mode_names[mode]) != 0) {
      complain(line, flags[id].name, ": means nothing in this mode (it belongs to ",
               flags[id].modes);
    }
  }
  if (line->values[FLAG_IN] != SNI_FORMAT_CSV) {
    const size_t csv_only[] = {FLAG_HEADER, FLAG_COMMENT};
    for (size_t i = 0; i < sizeof csv_only / sizeof csv_only[0]; ++i) {
      if (line->given[csv_only[i]]) {
        complain(line, flags[csv_only[i]].name, ": means nothing for binary input (it belongs to ",
                 "--in=csv");
      }
    }
  }
}

bool sni_options_parse(int argc, char* const argv[], sni_options* options, sni_writer* log) {
  parsed line = {{0}, {false}, NULL, true, log};
  for (size_t id = 0; id < FLAG_COUNT; ++id) {
    line.values[id] = flags[id].value;
  }
  sni_mode mode = SNI_MODE_STREAM;
  for (int i = 1; i < argc;) {
    if (argv[i][0] == '-') {
      i += take_flag(&line, argv[i], i + 1 < argc ? argv[i + 1] : NULL);
    } else {
      take_word(&line, argv[i++], &mode);
    }
  }
  if (line.valid && line.values[FLAG_HELP] == 0 && line.values[FLAG_VERSION] == 0) {
    check_together(&line, mode);
  }
  options->mode = mode;
  options->help = line.values[FLAG_HELP] != 0;
  options->version = line.values[FLAG_VERSION] != 0;
  options->in = (sni_format)line.values[FLAG_IN];
  options->out = (sni_format)line.values[FLAG_OUT];
  options->header = (sni_header)line.values[FLAG_HEADER];
  options->comment = (char)line.values[FLAG_COMMENT];
  options->strict = line.values[FLAG_STRICT] != 0;
  options->max_reports = line.values[FLAG_MAX_REPORTS];
  options->summary =
      line.values[FLAG_QUIET] != 0 ? SNI_SUMMARY_NONE : (sni_summary)line.values[FLAG_SUMMARY];
  options->iterations = line.values[FLAG_ITERATIONS];
  options->warmup = line.values[FLAG_WARMUP];
  options->seed = line.values[FLAG_SEED];
  return line.valid;
}

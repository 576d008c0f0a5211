#include "sni_rules/runtime/help.h"

#include "sni_rules/runtime/limits.h"
#include "sni_rules/runtime/names.h"

static const char* const help_lines[] = {
    "usage: PROGRAM [stream] [flags] < rows > results",
    "       PROGRAM bench [flags]",
    "       PROGRAM info",
    "",
    "stream: one result row for each input row; bad rows are reported, counted and skipped",
    "  --in=csv|f32|tensor         rows as text, as binary cells, or the network's input as it is "
    "[csv]",
    "  --out=csv|jsonl|f32|tensor  [csv]",
    "  --header=auto|yes|no        whether the first CSV line names the columns [auto]",
    "  --comment=C                 skip CSV lines that begin with C, for example '#' [none]",
    "  --strict                    stop at the first bad row",
    "  --max-reports=N             report the first N bad rows only; all are counted [all]",
    "  --summary=text|json|none    on standard error, at the end [text]",
    "  --quiet                     as --summary=none; bad rows are still reported",
    "",
    "bench: time of single inferences on random inputs, as one JSON object",
    ("  --iterations=N              timed inferences, 1 to " SNI_TEXT_OF(SNI_MAX_ITERATIONS)),
    "  --warmup=N                  inferences before these [10]",
    "  --seed=N                    of the random inputs [1]",
    "",
    "info: the model, its columns, results and tensors, as one JSON object",
    "",
    "  --help, --version",
    "",
    "exit status: 0 all rows were good, 1 failed, 2 wrong usage, 3 there were bad rows",
};

void sni_version_write(sni_writer* out, const sni_engine_info* info) {
  sni_write_string(out, info->model);
  sni_write_string(out, " (");
  sni_write_string(out, info->engine);
  sni_write_string(out, " ");
  sni_write_string(out, info->version);
  sni_write_string(out, "; model sha256 ");
  sni_write_string(out, info->model_sha256);
  sni_write_string(out, "; options ");
  sni_write_string(out, info->options);
  sni_write_string(out, ")\n");
}

void sni_help_write(sni_writer* out, const sni_engine_info* info) {
  for (size_t i = 0; i < sizeof help_lines / sizeof help_lines[0]; ++i) {
    sni_write_string(out, help_lines[i]);
    sni_write_char(out, '\n');
  }
  sni_write_string(out, "\ncolumns of an input row:");
  for (size_t i = 0; i < info->column_count && i < 20; ++i) {
    sni_write_char(out, ' ');
    char buffer[SNI_NAME_TEXT];
    sni_write_text(out, sni_column_name(info, i, buffer));
  }
  sni_write_string(out, info->column_count > 20 ? " ... (see info)\n" : "\n");
}

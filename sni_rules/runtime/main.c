#include "sni_rules/runtime/bench.h"
#include "sni_rules/runtime/engine.h"
#include "sni_rules/runtime/help.h"
#include "sni_rules/runtime/info.h"
#include "sni_rules/runtime/io.h"
#include "sni_rules/runtime/options.h"
#include "sni_rules/runtime/stream.h"

static sni_status run_mode(const sni_engine_info* info, const sni_options* options, sni_writer* out,
                           sni_writer* log) {
  /* Too large for a stack. Only one mode runs, so they share the room. */
  static union {
    sni_stream stream;
    sni_bench bench;
  } room;
  switch (options->mode) {
    case SNI_MODE_STREAM:
      return sni_stream_run(&room.stream, info, options, out, log);
    case SNI_MODE_BENCH:
      return sni_bench_run(&room.bench, info, options, out, log);
    case SNI_MODE_INFO:
      sni_info_write(info, out);
      break;
  }
  return SNI_STATUS_OK;
}

static sni_status run(int argc, char* const argv[], sni_writer* out, sni_writer* log) {
  const sni_engine_info* const info = sni_engine_describe();
  sni_options options;
  if (!sni_options_parse(argc, argv, &options, log)) {
    return SNI_STATUS_USAGE;
  }
  if (options.help) {
    sni_help_write(out, info);
    return SNI_STATUS_OK;
  }
  if (options.version) {
    sni_version_write(out, info);
    return SNI_STATUS_OK;
  }
  return run_mode(info, &options, out, log);
}

int main(int argc, char* argv[]) {
  static sni_writer out;
  static sni_writer log;
  sni_io_start();
  sni_writer_open(&out, SNI_IO_OUT);
  sni_writer_open(&log, SNI_IO_ERR);
  sni_status status = run(argc, argv, &out, &log);
  if (!sni_writer_flush(&out) && status != SNI_STATUS_FAILED) {
    sni_write_string(&log, "error: standard output cannot be written: ");
    sni_write_string(&log, out.failure);
    sni_write_char(&log, '\n');
    status = SNI_STATUS_FAILED;
  }
  sni_writer_flush(&log);
  return (int)status;
}

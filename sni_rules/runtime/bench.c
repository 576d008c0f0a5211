#include "sni_rules/runtime/bench.h"

#include "sni_rules/runtime/checksum.h"
#include "sni_rules/runtime/clock.h"
#include "sni_rules/runtime/counter.h"
#include "sni_rules/runtime/figures.h"
#include "sni_rules/runtime/random_input.h"

#define SNI_CALIBRATIONS 64

/* What surrounds an inference while it is measured. */
typedef struct meter {
  bool counting;
  sni_counter counter;
  uint64_t counter_cost; /* instructions of an empty measurement */
  uint64_t clock_cost;   /* nanoseconds of one */
} meter;

typedef struct reading {
  uint64_t nanoseconds;
  uint64_t instructions;
} reading;

/* state: NULL measures nothing, which is what measuring costs. */
static reading measure(const meter* with, void* state) {
  reading result = {0, 0};
  const uint64_t instructions = with->counting ? sni_counter_read(&with->counter) : 0;
  const uint64_t start = sni_clock_ns();
  if (state != NULL) {
    sni_engine_invoke(state);
  }
  result.nanoseconds = sni_clock_ns() - start;
  if (with->counting) {
    result.instructions = sni_counter_read(&with->counter) - instructions;
  }
  return result;
}

static meter calibrate(void) {
  meter with = {false, {0}, UINT64_MAX, UINT64_MAX};
  with.counting = sni_counter_open(&with.counter);
  for (int i = 0; i < SNI_CALIBRATIONS; ++i) {
    const reading empty = measure(&with, NULL);
    with.clock_cost = empty.nanoseconds < with.clock_cost ? empty.nanoseconds : with.clock_cost;
    with.counter_cost =
        empty.instructions < with.counter_cost ? empty.instructions : with.counter_cost;
  }
  return with;
}

static void fill_inputs(const sni_engine_info* info, sni_random* random, void* state) {
  for (size_t i = 0; i < info->input_count; ++i) {
    sni_random_fill(random, &info->inputs[i], sni_engine_input(state, i));
  }
}

static void warm_up(const sni_engine_info* info, const sni_options* options, void* state) {
  sni_random random = {options->seed};
  for (uint64_t i = 0; i < options->warmup; ++i) {
    fill_inputs(info, &random, state);
    sni_engine_invoke(state);
  }
}

static void run_timed(sni_bench* bench, const sni_engine_info* info, const sni_options* options,
                      const meter* with, void* state) {
  sni_random random = {options->seed};
  bench->nanoseconds.count = (size_t)options->iterations;
  bench->instructions.count = with->counting ? (size_t)options->iterations : 0;
  bench->checksum = SNI_CHECKSUM_START;
  for (size_t i = 0; i < (size_t)options->iterations; ++i) {
    fill_inputs(info, &random, state);
    const reading taken = measure(with, state);
    bench->nanoseconds.values[i] = taken.nanoseconds;
    bench->instructions.values[i] =
        taken.instructions > with->counter_cost ? taken.instructions - with->counter_cost : 0;
    for (size_t output = 0; output < info->output_count; ++output) {
      bench->checksum = sni_checksum(bench->checksum, sni_engine_output(state, output),
                                     info->outputs[output].bytes);
    }
  }
}

static void write_u64(sni_json* json, const char* name, uint64_t value) {
  sni_json_name(json, name);
  sni_json_u64(json, value);
}

static void write_checksum(sni_json* json, uint64_t checksum) {
  char text[] = "fnv1a64:0000000000000000";
  char* at = text + sizeof text - 1;
  for (; checksum > 0; checksum >>= 4) {
    *--at = "0123456789abcdef"[checksum & 15];
  }
  sni_json_name(json, "checksum");
  sni_json_string(json, text);
}

static void write_report(sni_bench* bench, const sni_engine_info* info, const sni_options* options,
                         uint64_t setup, uint64_t clock_cost, sni_writer* out) {
  sni_json json = sni_json_start(out, false);
  sni_json_open(&json, '{');
  sni_figures_write(info, &json);
  write_u64(&json, "iterations", options->iterations);
  write_u64(&json, "warmup", options->warmup);
  write_u64(&json, "seed", options->seed);
  write_u64(&json, "setup_ns", setup);
  write_u64(&json, "clock_ns", clock_cost);
  sni_json_name(&json, "time_ns");
  sni_samples_write(&bench->nanoseconds, &json);
  sni_json_name(&json, "instructions");
  if (bench->instructions.count > 0) {
    sni_samples_write(&bench->instructions, &json);
  } else {
    sni_json_null(&json);
  }
  write_checksum(&json, bench->checksum);
  sni_json_close(&json, '}');
  sni_write_char(out, '\n');
}

sni_status sni_bench_run(sni_bench* bench, const sni_engine_info* info, const sni_options* options,
                         sni_writer* out, sni_writer* log) {
  void* const state = sni_engine_state(0);
  const uint64_t start = sni_clock_ns();
  bool started = sni_engine_init(state);
  const uint64_t setup = sni_clock_ns() - start;
  if (started) {
    warm_up(info, options, state);
    started = sni_engine_init(state);
  }
  if (!started) {
    sni_write_string(log, "error: the engine cannot start: ");
    sni_write_string(log, info->engine);
    sni_write_char(log, '\n');
    return SNI_STATUS_FAILED;
  }
  const meter with = calibrate();
  run_timed(bench, info, options, &with, state);
  if (with.counting) {
    sni_counter_close(&with.counter);
  }
  write_report(bench, info, options, setup, with.clock_cost, out);
  return SNI_STATUS_OK;
}

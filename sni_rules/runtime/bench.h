/* The bench mode: how long one inference takes, on random inputs, without pre- and post-processing.
 */
#ifndef SNI_RULES_RUNTIME_BENCH_H_
#define SNI_RULES_RUNTIME_BENCH_H_

#include "sni_rules/runtime/engine.h"
#include "sni_rules/runtime/options.h"
#include "sni_rules/runtime/samples.h"
#include "sni_rules/runtime/status.h"

typedef struct sni_bench {
  sni_samples nanoseconds;
  sni_samples instructions; /* empty where they cannot be counted */
  uint64_t checksum;
} sni_bench;

/* Writes one JSON object: the engine's figures, those of the run, and
 *   setup_ns            of the first sni_engine_init
 *   time_ns             of single inferences: min, p50, p90, p99, max; clock_ns, what reading the
 * clock adds to each, is not taken off instructions        likewise, what counting adds taken off;
 * null where the target cannot count checksum            "fnv1a64:" and 16 hexadecimal digits, over
 * the bytes of all outputs (in order, elements little-endian) of all timed iterations Inputs are
 * those of random_input.h, all inputs in order, iteration after iteration. The warm-up has the same
 * ones; after it the state and the generator start afresh, so it changes no output. */
sni_status sni_bench_run(sni_bench* bench, const sni_engine_info* info, const sni_options* options,
                         sni_writer* out, sni_writer* log);

#endif /* SNI_RULES_RUNTIME_BENCH_H_ */

/* Measurements, and their percentiles. */
#ifndef SNI_RULES_RUNTIME_SAMPLES_H_
#define SNI_RULES_RUNTIME_SAMPLES_H_

#include <stddef.h>
#include <stdint.h>

#include "sni_rules/runtime/json.h"
#include "sni_rules/runtime/limits.h"

typedef struct sni_samples {
  size_t count;
  uint64_t values[SNI_MAX_ITERATIONS];
} sni_samples;

/* Ascending. */
void sni_samples_sort(sni_samples* samples);

/* Of sorted samples, at least one: the smallest value that at least `percent` (1 to 100) of the
 * samples do not exceed. */
uint64_t sni_samples_percentile(const sni_samples* samples, unsigned percent);

/* {"min":..,"p50":..,"p90":..,"p99":..,"max":..} of samples, which are sorted by this. */
void sni_samples_write(sni_samples* samples, sni_json* json);

#endif /* SNI_RULES_RUNTIME_SAMPLES_H_ */

#include "sni_rules/runtime/samples.h"

/* Lets a value sink to where both below it are smaller. */
static void sift_down(uint64_t* heap, size_t root, size_t count) {
  const uint64_t value = heap[root];
  for (size_t child = 2 * root + 1; child < count; child = 2 * root + 1) {
    if (child + 1 < count && heap[child] < heap[child + 1]) {
      ++child;
    }
    if (heap[child] <= value) {
      break;
    }
    heap[root] = heap[child];
    root = child;
  }
  heap[root] = value;
}

/* Heap sort: in place, no recursion; qsort() may allocate. */
void sni_samples_sort(sni_samples* samples) {
  uint64_t* const values = samples->values;
  for (size_t root = samples->count / 2; root-- > 0;) {
    sift_down(values, root, samples->count);
  }
  for (size_t end = samples->count; end > 1;) {
    --end;
    const uint64_t largest = values[0];
    values[0] = values[end];
    values[end] = largest;
    sift_down(values, 0, end);
  }
}

uint64_t sni_samples_percentile(const sni_samples* samples, unsigned percent) {
  const uint64_t rank = ((uint64_t)samples->count * percent + 99) / 100;
  return samples->values[rank - 1];
}

static void write_percentile(const sni_samples* samples, sni_json* json, const char* name,
                             unsigned percent) {
  sni_json_name(json, name);
  sni_json_u64(json, sni_samples_percentile(samples, percent));
}

void sni_samples_write(sni_samples* samples, sni_json* json) {
  sni_samples_sort(samples);
  sni_json_open(json, '{');
  sni_json_name(json, "min");
  sni_json_u64(json, samples->values[0]);
  write_percentile(samples, json, "p50", 50);
  write_percentile(samples, json, "p90", 90);
  write_percentile(samples, json, "p99", 99);
  write_percentile(samples, json, "max", 100);
  sni_json_close(json, '}');
}

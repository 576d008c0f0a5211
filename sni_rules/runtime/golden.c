/* The program of sni_test: runs the network on inputs that come on standard input, and compares its
 * outputs with those that come behind them. tools/golden writes that stream:
 *
 *     "SNIGOLD1", then as uint32: samples, bytes of all inputs, bytes of all outputs
 *     each sample: the input tensors; then for each output a float32, how far an element may be
 * off, and the output tensor
 *
 * all little-endian. Exit status: 0; 1 where outputs differ, or the stream cannot be read. */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "sni_rules/runtime/engine.h"
#include "sni_rules/runtime/io.h"
#include "sni_rules/runtime/tensor.h"
#include "sni_rules/runtime/writer.h"

#define BUFFERED 512 /* bytes of an output that are compared at a time */

typedef struct verdict {
  uint32_t samples; /* that differ */
  uint64_t elements;
  bool failed; /* the stream ended or broke off */
} verdict;

static bool read_all(void* data, size_t size) {
  char* at = data;
  while (size > 0) {
    size_t got;
    if (sni_io_read(at, size, &got) != NULL || got == 0) {
      return false;
    }
    at += got;
    size -= got;
  }
  return true;
}

static size_t bytes_of(const sni_tensor* tensors, size_t count) {
  size_t bytes = 0;
  for (size_t i = 0; i < count; ++i) {
    bytes += tensors[i].bytes;
  }
  return bytes;
}

static int64_t integer_at(sni_dtype dtype, const void* data) {
  int16_t half;
  int32_t word;
  int64_t wide;
  switch (dtype) {
    case SNI_INT8:
      return *(const int8_t*)data;
    case SNI_INT16:
      memcpy(&half, data, sizeof half);
      return half;
    case SNI_INT32:
      memcpy(&word, data, sizeof word);
      return word;
    case SNI_INT64:
      memcpy(&wide, data, sizeof wide);
      return wide;
    case SNI_UINT8:
    case SNI_BOOL:
    case SNI_FLOAT32:
      break;
  }
  return *(const uint8_t*)data;
}

static float float_at(const void* data) {
  float value;
  memcpy(&value, data, sizeof value);
  return value;
}

static bool agree(sni_dtype dtype, const void* got, const void* expected, float allowed) {
  if (dtype != SNI_FLOAT32) {
    return memcmp(got, expected, sni_dtype_bytes(dtype)) == 0;
  }
  const float a = float_at(got);
  const float b = float_at(expected);
  if (a != a || b != b) {
    return a != a && b != b;
  }
  const float difference = a > b ? a - b : b - a;
  return a == b || difference <= allowed;
}

static void write_element(sni_writer* log, sni_dtype dtype, const void* data) {
  if (dtype == SNI_FLOAT32) {
    sni_write_float(log, float_at(data));
  } else {
    sni_write_i64(log, integer_at(dtype, data));
  }
}

/* [row, column, ...] of an element, from its number. */
static void write_index(sni_writer* log, const sni_tensor* tensor, size_t element) {
  size_t below = tensor->elements;
  sni_write_char(log, '[');
  for (size_t i = 0; i < tensor->rank; ++i) {
    below /= (size_t)tensor->shape[i];
    sni_write_string(log, i > 0 ? ", " : "");
    sni_write_u64(log, element / below);
    element %= below;
  }
  sni_write_char(log, ']');
}

static void report(sni_writer* log, uint32_t sample, const sni_tensor* tensor, size_t element,
                   const void* got, const void* expected, float allowed) {
  sni_write_string(log, "sample ");
  sni_write_u64(log, sample);
  sni_write_string(log, ": output ");
  sni_write_quoted(log, sni_text_of(tensor->name));
  sni_write_char(log, ' ');
  write_index(log, tensor, element);
  sni_write_string(log, ": expected ");
  write_element(log, tensor->dtype, expected);
  sni_write_string(log, ", got ");
  write_element(log, tensor->dtype, got);
  if (tensor->dtype == SNI_FLOAT32) {
    sni_write_string(log, ", where it may be off by ");
    sni_write_float(log, allowed);
  }
  sni_write_char(log, '\n');
}

/* Compares an output with what the stream has; tells of the first element of the sample that
 * differs. Returns how many do, and sets *failed where the stream ends. */
static uint64_t compare(sni_writer* log, uint32_t sample, const sni_tensor* tensor,
                        const char* output, bool silent, bool* failed) {
  const size_t size = sni_dtype_bytes(tensor->dtype);
  char expected[BUFFERED];
  float allowed;
  uint64_t wrong = 0;
  *failed = !read_all(&allowed, sizeof allowed);
  for (size_t element = 0; element < tensor->elements && !*failed;) {
    const size_t left = tensor->elements - element;
    const size_t count = left < BUFFERED / size ? left : BUFFERED / size;
    *failed = !read_all(expected, count * size);
    for (size_t i = 0; i < count && !*failed; ++i, ++element) {
      const char* const got = output + element * size;
      if (!agree(tensor->dtype, got, expected + i * size, allowed)) {
        if (!silent && wrong == 0) {
          report(log, sample, tensor, element, got, expected + i * size, allowed);
        }
        ++wrong;
      }
    }
  }
  return wrong;
}

static bool run_sample(sni_writer* log, const sni_engine_info* info, uint32_t sample,
                       verdict* result) {
  void* const state = sni_engine_state(0);
  if (!sni_engine_init(state)) {
    return false;
  }
  for (size_t i = 0; i < info->input_count; ++i) {
    if (!read_all(sni_engine_input(state, i), info->inputs[i].bytes)) {
      return false;
    }
  }
  sni_engine_invoke(state);
  uint64_t wrong = 0;
  for (size_t i = 0; i < info->output_count; ++i) {
    bool failed;
    wrong +=
        compare(log, sample, &info->outputs[i], sni_engine_output(state, i), wrong > 0, &failed);
    if (failed) {
      return false;
    }
  }
  result->elements += wrong;
  result->samples += wrong > 0;
  return true;
}

static int conclude(sni_writer* log, uint32_t samples, const verdict* result) {
  if (result->failed) {
    sni_write_string(log, "error: the samples break off, or the engine cannot start\n");
    return 1;
  }
  if (result->samples > 0) {
    sni_write_u64(log, result->samples);
    sni_write_string(log, " of ");
    sni_write_u64(log, samples);
    sni_write_string(log, " samples differ; elements that do: ");
    sni_write_u64(log, result->elements);
    sni_write_char(log, '\n');
    return 1;
  }
  sni_write_u64(log, samples);
  sni_write_string(log, " samples, all outputs as expected\n");
  return 0;
}

int main(void) {
  static sni_writer log;
  const sni_engine_info* const info = sni_engine_describe();
  struct {
    char magic[8];
    uint32_t samples, input_bytes, output_bytes;
  } header;
  sni_io_start();
  sni_writer_open(&log, SNI_IO_ERR);
  int status = 1;
  if (!read_all(&header, sizeof header) || memcmp(header.magic, "SNIGOLD1", 8) != 0 ||
      header.input_bytes != bytes_of(info->inputs, info->input_count) ||
      header.output_bytes != bytes_of(info->outputs, info->output_count)) {
    sni_write_string(&log, "error: standard input has no samples of this model\n");
  } else {
    verdict result = {0, 0, false};
    for (uint32_t sample = 0; sample < header.samples && !result.failed; ++sample) {
      result.failed = !run_sample(&log, info, sample, &result);
    }
    status = conclude(&log, header.samples, &result);
  }
  return sni_writer_flush(&log) ? status : 1;
}

// Gives the tests single parts of the runner: `probe PART < input > output`. Every record is copied
// to a piece of heap of its own size, so that a sanitiser sees any step beyond it.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sni_rules/runtime/csv.h"
#include "sni_rules/runtime/float_parse.h"
#include "sni_rules/runtime/float_print.h"
#include "sni_rules/runtime/json.h"
#include "sni_rules/runtime/samples.h"

// The parts of the runner that are in the link refer to an engine.
#include "tests/runtime/engines/sum.c"

#define MAX_FIELDS 64

static sni_writer out;

// A record is its size, 32 bits little-endian, and its bytes.
static char* next_record(uint32_t* size) {
  if (fread(size, sizeof *size, 1, stdin) != 1) {
    return NULL;
  }
  char* const data = malloc(*size > 0 ? *size : 1);
  if (data == NULL || fread(data, 1, *size, stdin) != *size) {
    abort();
  }
  return data;
}

static void put_u32(uint32_t number) { sni_write_bytes(&out, &number, sizeof number); }

// Status and the float's bits.
static void parse(const char* data, uint32_t size) {
  const sni_text text = {data, size};
  float value = 0.0f;
  put_u32((uint32_t)sni_float_parse(text, &value));
  sni_write_bytes(&out, &value, sizeof value);
}

// One line for each float.
static void print(const char* data, uint32_t size) {
  for (size_t i = 0; i + 4 <= size; i += 4) {
    float value;
    memcpy(&value, data + i, sizeof value);
    sni_write_float(&out, value);
    sni_write_char(&out, '\n');
  }
}

// A record with status and number of fields, and one for each field.
static void split(char* data, uint32_t size) {
  sni_text fields[MAX_FIELDS];
  size_t count = 0;
  put_u32(2 * sizeof(uint32_t));
  put_u32((uint32_t)sni_csv_split(data, size, fields, MAX_FIELDS, &count));
  put_u32((uint32_t)count);
  for (size_t i = 0; i < count && i < MAX_FIELDS; ++i) {
    put_u32((uint32_t)fields[i].size);
    sni_write_text(&out, fields[i]);
  }
}

// What has been written to a writer that never hands anything on, as a record.
static void put_written(sni_writer* part) {
  put_u32((uint32_t)part->used);
  sni_write_bytes(&out, part->buffer, part->used);
  part->used = 0;
}

// The text as a CSV field, and as a JSON string.
static void write_field(const char* data, uint32_t size) {
  static sni_writer part;
  const sni_text text = {data, size};
  sni_json json = sni_json_start(&part, false);
  sni_csv_write(&part, text);
  put_written(&part);
  sni_json_text(&json, text);
  put_written(&part);
}

// 64-bit samples: their statistics, a line.
static void sample(const char* data, uint32_t size) {
  static sni_samples samples;
  sni_json json = sni_json_start(&out, false);
  samples.count = size / sizeof samples.values[0];
  memcpy(samples.values, data, size);
  sni_samples_write(&samples, &json);
  sni_write_char(&out, '\n');
}

static bool run(const char* part, char* data, uint32_t size) {
  if (strcmp(part, "parse") == 0) {
    parse(data, size);
  } else if (strcmp(part, "print") == 0) {
    print(data, size);
  } else if (strcmp(part, "split") == 0) {
    split(data, size);
  } else if (strcmp(part, "write") == 0) {
    write_field(data, size);
  } else if (strcmp(part, "sample") == 0) {
    sample(data, size);
  } else {
    return false;
  }
  return true;
}

int main(int argc, char* argv[]) {
  bool known = argc == 2;
  uint32_t size = 0;
  sni_writer_open(&out, SNI_IO_OUT);
  for (char* data = NULL; known && (data = next_record(&size)) != NULL; free(data)) {
    known = run(argv[1], data, size);
  }
  return known && sni_writer_flush(&out) ? 0 : 2;
}

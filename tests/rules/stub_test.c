// The model below was built with the toolchain of this folder: its header tells which compiler
// made it, and with what options.
#include <stdio.h>
#include <string.h>

#include "replaced.h"

int main(void) {
  const char* expected = "special single dense_pipeline.json";
  if (strcmp(REPLACED_STUB, expected) != 0) {
    fprintf(stderr, "options: expected \"%s\", found \"%s\"\n", expected, REPLACED_STUB);
    return 1;
  }
  if (replaced_bytes() <= 0) {
    fprintf(stderr, "the model's file did not reach the compiler\n");
    return 1;
  }
  return 0;
}

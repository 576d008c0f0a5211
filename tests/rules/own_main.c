// A main of the user's own, over the API of a model that the stub compiler made.
#include <stdio.h>

#include "plain.h"

int main(void) {
  printf("%s %d\n", PLAIN_STUB, plain_bytes());
  return 0;
}

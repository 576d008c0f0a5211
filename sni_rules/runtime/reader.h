/* Standard input, cut into lines or frames of bounded size. */
#ifndef SNI_RULES_RUNTIME_READER_H_
#define SNI_RULES_RUNTIME_READER_H_

#include <stdbool.h>
#include <stddef.h>

#include "sni_rules/runtime/limits.h"

typedef enum sni_read {
  SNI_READ_OK,
  SNI_READ_MORE,   /* call sni_reader_fill, then ask again: a good moment to flush what has been
                      written */
  SNI_READ_BROKEN, /* a line beyond SNI_MAX_LINE, or the stump of a frame at the end */
  SNI_READ_END
} sni_read;

typedef struct sni_reader {
  size_t begin;     /* of what has not been handed out yet */
  size_t end;       /* of what has been read */
  size_t scanned;   /* no line ends before this */
  size_t discarded; /* bytes of an overlong line that are gone already */
  bool ended;
  char buffer[SNI_MAX_LINE + SNI_IO_CHUNK + 1]; /* a full line with its CR, and room to read on */
} sni_reader;

typedef struct sni_chunk {
  char* data;  /* in the reader's buffer, until the next call; the caller may write to it */
  size_t size; /* bytes; of a broken line, all that it had, though `data` does not hold them */
} sni_chunk;

void sni_reader_open(sni_reader* reader);

/* The next line without its LF or CRLF; the last one may lack its end. */
sni_read sni_reader_line(sni_reader* reader, sni_chunk* line);

/* The next `size` bytes, 1 to SNI_MAX_LINE. */
sni_read sni_reader_frame(sni_reader* reader, size_t size, sni_chunk* frame);

/* Reads on; waits where nothing is there. Returns NULL, or why it failed. */
const char* sni_reader_fill(sni_reader* reader);

#endif /* SNI_RULES_RUNTIME_READER_H_ */

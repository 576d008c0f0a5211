#include "sni_rules/runtime/reader.h"

#include <string.h>

#include "sni_rules/runtime/io.h"

void sni_reader_open(sni_reader* reader) {
  reader->begin = 0;
  reader->end = 0;
  reader->scanned = 0;
  reader->discarded = 0;
  reader->ended = false;
}

/* Hands out what lies before `stop` as a line, and goes on at `next`. */
static sni_read take_line(sni_reader* reader, size_t stop, size_t next, sni_chunk* line) {
  line->data = reader->buffer + reader->begin;
  line->size = stop - reader->begin;
  if (line->size > 0 && line->data[line->size - 1] == '\r') {
    --line->size;
  }
  const bool broken = reader->discarded > 0 || line->size > SNI_MAX_LINE;
  line->size += reader->discarded;
  reader->discarded = 0;
  reader->begin = next;
  reader->scanned = next;
  return broken ? SNI_READ_BROKEN : SNI_READ_OK;
}

sni_read sni_reader_line(sni_reader* reader, sni_chunk* line) {
  const char* const feed =
      memchr(reader->buffer + reader->scanned, '\n', reader->end - reader->scanned);
  if (feed != NULL) {
    const size_t stop = (size_t)(feed - reader->buffer);
    return take_line(reader, stop, stop + 1, line);
  }
  reader->scanned = reader->end;
  if (reader->ended) {
    if (reader->begin == reader->end && reader->discarded == 0) {
      return SNI_READ_END;
    }
    return take_line(reader, reader->end, reader->end, line);
  }
  if (reader->discarded > 0 || reader->end - reader->begin > SNI_MAX_LINE + 1) {
    reader->discarded += reader->end - reader->begin;
    reader->begin = reader->end;
  }
  return SNI_READ_MORE;
}

sni_read sni_reader_frame(sni_reader* reader, size_t size, sni_chunk* frame) {
  const size_t available = reader->end - reader->begin;
  if (available < size && !reader->ended) {
    return SNI_READ_MORE;
  }
  if (available == 0) {
    return SNI_READ_END;
  }
  frame->data = reader->buffer + reader->begin;
  frame->size = available < size ? available : size;
  reader->begin += frame->size;
  reader->scanned = reader->begin;
  return available < size ? SNI_READ_BROKEN : SNI_READ_OK;
}

const char* sni_reader_fill(sni_reader* reader) {
  if (reader->begin > 0) {
    const size_t kept = reader->end - reader->begin;
    memmove(reader->buffer, reader->buffer + reader->begin, kept);
    reader->scanned -= reader->begin;
    reader->begin = 0;
    reader->end = kept;
  }
  size_t capacity = sizeof reader->buffer - reader->end;
  capacity = capacity < SNI_IO_CHUNK ? capacity : SNI_IO_CHUNK;
  size_t size = 0;
  const char* const failure = sni_io_read(reader->buffer + reader->end, capacity, &size);
  reader->end += size;
  reader->ended = size == 0;
  return failure;
}

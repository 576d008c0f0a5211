/* The runner allocates nothing while it runs, so every size has a bound. Each can be set with -D; a
 * program whose engine needs more says at its start which one, and to what. The larger defaults
 * cost address space, not memory, where pages that are never touched are never mapped. */
#ifndef SNI_RULES_RUNTIME_LIMITS_H_
#define SNI_RULES_RUNTIME_LIMITS_H_

#if defined(__unix__) || defined(__APPLE__)
#define SNI_LIMIT(hosted, bare_metal) hosted
#else
#define SNI_LIMIT(hosted, bare_metal) bare_metal
#endif

/* Bytes of an input line without its end, or of a binary frame. */
#ifndef SNI_MAX_LINE
#define SNI_MAX_LINE SNI_LIMIT(4194304, 32768)
#endif

/* Fields of an input line, numbers of a row, numbers of a result row. */
#ifndef SNI_MAX_COLUMNS
#define SNI_MAX_COLUMNS SNI_LIMIT(262144, 2048)
#endif

/* Columns that are copied into the result row. */
#ifndef SNI_MAX_ECHO
#define SNI_MAX_ECHO SNI_LIMIT(256, 32)
#endif

/* Bytes of a key's text. */
#ifndef SNI_MAX_KEY
#define SNI_MAX_KEY 64
#endif

/* Streams that are alive at the same time. */
#ifndef SNI_MAX_STREAMS
#define SNI_MAX_STREAMS SNI_LIMIT(65536, 1024)
#endif

/* Timed iterations of a benchmark. */
#ifndef SNI_MAX_ITERATIONS
#define SNI_MAX_ITERATIONS SNI_LIMIT(1000000, 1000)
#endif

/* Bytes that are read at a time, and that are gathered before they are written. */
#ifndef SNI_IO_CHUNK
#define SNI_IO_CHUNK SNI_LIMIT(65536, 1024)
#endif

/* The value of a limit as text, for messages. */
#define SNI_TEXT_OF_(value) #value
#define SNI_TEXT_OF(value) SNI_TEXT_OF_(value)

#endif /* SNI_RULES_RUNTIME_LIMITS_H_ */

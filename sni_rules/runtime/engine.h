/* What the runner asks of an inference engine. One engine is linked into a program; everything else
 * in this folder is the same for all of them, so that two programs differ in their engines and in
 * nothing else.
 *
 * Ownership: every pointer that an engine hands out stays valid, and points to the same storage,
 * until the program ends. The runner never frees anything. One thread calls; an engine needs no
 * locks.
 *
 * Order of calls for a stream:  init -> (push -> [invoke -> result]) for each row;  for a raw
 * tensor or a benchmark: init -> (write to input -> invoke -> read from output). */
#ifndef SNI_RULES_RUNTIME_ENGINE_H_
#define SNI_RULES_RUNTIME_ENGINE_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Element type of a tensor; elements lie in memory in the target's own byte order. SNI_BOOL is one
 * byte, 0 or 1. */
typedef enum sni_dtype {
  SNI_FLOAT32,
  SNI_INT8,
  SNI_INT16,
  SNI_INT32,
  SNI_INT64,
  SNI_UINT8,
  SNI_BOOL
} sni_dtype;

/* A network input or output: dense, row-major, the last dimension varying fastest.
 * real value = (stored value - zero_point) * scale. */
typedef struct sni_tensor {
  const char* name; /* as in the model; UTF-8 */
  sni_dtype dtype;
  size_t rank;          /* 0 for a scalar */
  const int32_t* shape; /* `rank` dimensions, each at least 1 */
  size_t elements;      /* product of the dimensions */
  size_t bytes;         /* elements * size of the element type */
  float scale;          /* positive; 0: not quantised, the stored value is the real value */
  int32_t zero_point;   /* 0 where scale is 0 */
} sni_tensor;

/* How the number that post-processing gives is to be read and printed. */
typedef enum sni_result_kind {
  SNI_REAL, /* any float */
  SNI_FLAG, /* 0: no, anything else: yes */
  SNI_LABEL /* an index into `labels` */
} sni_result_kind;

typedef struct sni_result {
  const char* name; /* column of the result row; UTF-8 */
  sni_result_kind kind;
  const char* const* labels; /* `label_count` texts; NULL unless kind is SNI_LABEL */
  size_t label_count;
} sni_result;

typedef struct sni_engine_info {
  const char* engine;       /* "sni" | "tflm" | "microtvm" */
  const char* version;      /* of the engine or of the compiler that made it */
  const char* model;        /* the model's name */
  const char* model_sha256; /* of the model file: 64 hexadecimal digits */
  const char*
      options; /* what the engine was made with, for people: "profile=c99 rounding=double" */
  const sni_tensor* inputs; /* of the network, at least one */
  size_t input_count;
  const sni_tensor* outputs; /* of the network, at least one */
  size_t output_count;
  size_t state_bytes;         /* storage of one stream, all included */
  size_t arena_bytes;         /* its part that holds activations */
  size_t constant_bytes;      /* weights and other constant tables */
  uint64_t macs;              /* multiply-accumulates of one inference */
  size_t state_count;         /* how many streams sni_engine_state can hold, at least 1 */
  const char* const* columns; /* of an input row, in order: the names for the CSV header; NULL: the
                                 elements of the inputs, input_0, ..., or input_TENSOR_ELEMENT with
                                 several inputs */
  size_t column_count;
  const size_t* values; /* which columns are numbers that push() takes, in push()'s order; NULL: the
                           first ones, in order */
  size_t value_count;
  int key_column;     /* -1: one stream; else the column whose text selects the state */
  const size_t* echo; /* columns whose text is copied into each result row */
  size_t echo_count;
  const sni_result* results; /* what sni_engine_result writes, in order; NULL: the elements of the
                                outputs, as numbers, named like the inputs' */
  size_t result_count;
} sni_engine_info;

/* The same constant description on every call; valid before any init. */
const sni_engine_info* sni_engine_describe(void);

/* Storage of one stream, index < state_count. Different indices never overlap. */
void* sni_engine_state(size_t index);

/* Puts a state where no row has been seen. May be called again on the same storage, which then
 * starts afresh. false: the engine cannot run (TFLM: AllocateTensors failed). */
bool sni_engine_init(void* state);

/* Pre-processing of one row: `value_count` finite numbers. true: the network's input is complete,
 * an inference is due. */
bool sni_engine_push(void* state, const float* values);

/* One inference on what is in the input tensors; their contents are undefined afterwards. */
void sni_engine_invoke(void* state);

/* Post-processing after an invoke that followed a push: writes `result_count` numbers. */
void sni_engine_result(const void* state, float* results);

/* The input tensor index < input_count, to be written by the caller: `bytes` bytes, aligned for its
 * element type. */
void* sni_engine_input(void* state, size_t index);

/* The output tensor index < output_count; valid after an invoke, until the next call on this state.
 */
const void* sni_engine_output(const void* state, size_t index);

#ifdef __cplusplus
}
#endif

#endif /* SNI_RULES_RUNTIME_ENGINE_H_ */

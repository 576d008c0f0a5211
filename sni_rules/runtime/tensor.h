/* Numbers into and out of tensors: quantisation and its inverse, for any element type. */
#ifndef SNI_RULES_RUNTIME_TENSOR_H_
#define SNI_RULES_RUNTIME_TENSOR_H_

#include "sni_rules/runtime/engine.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Writes `tensor->elements` real numbers into `data`: round(value / scale) + zero_point, halves
 * away from zero, clamped to the range of the element type, division and rounding in float32 (the
 * arithmetic of TFLM's QUANTIZE). A NaN becomes zero_point. Without a scale, integers are rounded
 * and clamped the same way; SNI_BOOL is value != 0. */
void sni_tensor_store(const sni_tensor* tensor, void* data, const float* values);

/* Reads `tensor->elements` real numbers from `data`: (stored - zero_point) * scale, rounded once to
 * float32. */
void sni_tensor_load(const sni_tensor* tensor, const void* data, float* values);

/* Bytes of one element. */
size_t sni_dtype_bytes(sni_dtype dtype);

/* "float32", "int8", ... */
const char* sni_dtype_name(sni_dtype dtype);

#ifdef __cplusplus
}
#endif

#endif /* SNI_RULES_RUNTIME_TENSOR_H_ */

#include "sni_rules/runtime/tensor.h"

/* The next float32 below 2^63 is 2^39 away, so a zero point can be added to whatever lies within.
 */
#define SNI_INT64_LIMIT 9223372036854775808.0f /* 2^63 */

static int64_t round_half_away(float value) {
  if (value != value) {
    return 0;
  }
  if (value >= SNI_INT64_LIMIT) {
    return INT64_MAX;
  }
  if (value <= -SNI_INT64_LIMIT) {
    return INT64_MIN;
  }
  /* value - whole is exact; adding 0.5 before truncation would not be (0.49999997 + 0.5 is 1). */
  const int64_t whole = (int64_t)value;
  const float rest = value - (float)whole;
  return whole + (rest >= 0.5f) - (rest <= -0.5f);
}

static int64_t quantise(const sni_tensor* tensor, float value, int64_t low, int64_t high) {
  const float scaled = tensor->scale > 0.0f ? value / tensor->scale : value;
  int64_t rounded = round_half_away(scaled);
  if (rounded != INT64_MAX && rounded != INT64_MIN) {
    rounded += tensor->zero_point;
  }
  return rounded < low ? low : rounded > high ? high : rounded;
}

void sni_tensor_store(const sni_tensor* tensor, void* data, const float* values) {
  for (size_t i = 0; i < tensor->elements; ++i) {
    switch (tensor->dtype) {
      case SNI_FLOAT32:
        ((float*)data)[i] = values[i];
        break;
      case SNI_INT8:
        ((int8_t*)data)[i] = (int8_t)quantise(tensor, values[i], INT8_MIN, INT8_MAX);
        break;
      case SNI_INT16:
        ((int16_t*)data)[i] = (int16_t)quantise(tensor, values[i], INT16_MIN, INT16_MAX);
        break;
      case SNI_INT32:
        ((int32_t*)data)[i] = (int32_t)quantise(tensor, values[i], INT32_MIN, INT32_MAX);
        break;
      case SNI_INT64:
        ((int64_t*)data)[i] = quantise(tensor, values[i], INT64_MIN, INT64_MAX);
        break;
      case SNI_UINT8:
        ((uint8_t*)data)[i] = (uint8_t)quantise(tensor, values[i], 0, UINT8_MAX);
        break;
      case SNI_BOOL:
        ((uint8_t*)data)[i] = values[i] != 0.0f;
        break;
    }
  }
}

/* In double: the product of the scale and a difference of up to 29 bits is exact, so it is rounded
 * once, to float32. */
static float dequantise(const sni_tensor* tensor, int64_t stored) {
  if (!(tensor->scale > 0.0f)) {
    return (float)stored;
  }
  return (float)((double)tensor->scale * ((double)stored - (double)tensor->zero_point));
}

void sni_tensor_load(const sni_tensor* tensor, const void* data, float* values) {
  for (size_t i = 0; i < tensor->elements; ++i) {
    switch (tensor->dtype) {
      case SNI_FLOAT32:
        values[i] = ((const float*)data)[i];
        break;
      case SNI_INT8:
        values[i] = dequantise(tensor, ((const int8_t*)data)[i]);
        break;
      case SNI_INT16:
        values[i] = dequantise(tensor, ((const int16_t*)data)[i]);
        break;
      case SNI_INT32:
        values[i] = dequantise(tensor, ((const int32_t*)data)[i]);
        break;
      case SNI_INT64:
        values[i] = dequantise(tensor, ((const int64_t*)data)[i]);
        break;
      case SNI_UINT8:
        values[i] = dequantise(tensor, ((const uint8_t*)data)[i]);
        break;
      case SNI_BOOL:
        values[i] = ((const uint8_t*)data)[i] != 0 ? 1.0f : 0.0f;
        break;
    }
  }
}

size_t sni_dtype_bytes(sni_dtype dtype) {
  switch (dtype) {
    case SNI_FLOAT32:
    case SNI_INT32:
      return 4;
    case SNI_INT16:
      return 2;
    case SNI_INT64:
      return 8;
    case SNI_INT8:
    case SNI_UINT8:
    case SNI_BOOL:
      return 1;
  }
  return 0;
}

const char* sni_dtype_name(sni_dtype dtype) {
  switch (dtype) {
    case SNI_FLOAT32:
      return "float32";
    case SNI_INT8:
      return "int8";
    case SNI_INT16:
      return "int16";
    case SNI_INT32:
      return "int32";
    case SNI_INT64:
      return "int64";
    case SNI_UINT8:
      return "uint8";
    case SNI_BOOL:
      return "bool";
  }
  return "unknown";
}

/* From the description of a layer to the structures that CMSIS-NN's functions take. */
#ifndef SNI_RULES_KERNELS_CMSIS_NN_PARAMETERS_H_
#define SNI_RULES_KERNELS_CMSIS_NN_PARAMETERS_H_

#include "arm_nnfunctions.h"
#include "sni_rules/kernels/sni_kernels.h"

static inline cmsis_nn_dims sni_cmsis_dims(const sni_kernel_image* image) {
  const cmsis_nn_dims dims = {image->batches, image->rows, image->columns, image->channels};
  return dims;
}

static inline cmsis_nn_tile sni_cmsis_tile(int32_t rows, int32_t columns) {
  const cmsis_nn_tile tile = {.w = columns, .h = rows};
  return tile;
}

static inline cmsis_nn_activation sni_cmsis_activation(const sni_kernel_product_int8* layer) {
  const cmsis_nn_activation activation = {layer->low, layer->high};
  return activation;
}

/* CMSIS-NN's pointers are not const, but it only reads from them. */
static inline cmsis_nn_per_channel_quant_params sni_cmsis_scales(
    const sni_kernel_product_int8* layer) {
  const cmsis_nn_per_channel_quant_params scales = {(int32_t*)(uintptr_t)layer->multipliers,
                                                    (int32_t*)(uintptr_t)layer->shifts};
  return scales;
}

/* A wrong result must not go unnoticed; assert() would bring the C library's output into the image.
 */
static inline void sni_cmsis_check(arm_cmsis_nn_status status) {
  if (status != ARM_CMSIS_NN_SUCCESS) {
    __builtin_trap();
  }
}

#endif

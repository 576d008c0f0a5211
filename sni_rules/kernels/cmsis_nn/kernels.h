/* Kernels of CMSIS-NN, as layers call them. */
#ifndef SNI_RULES_KERNELS_CMSIS_NN_KERNELS_H_
#define SNI_RULES_KERNELS_CMSIS_NN_KERNELS_H_

#include "sni_rules/kernels/sni_kernels.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One image. */
void sni_cmsis_nn_conv_2d(const sni_kernel_product_int8* layer, const int8_t* input, int8_t* output,
                          void* buffer);

/* One image, one output of each channel. */
void sni_cmsis_nn_depthwise_conv_2d(const sni_kernel_product_int8* layer, const int8_t* input,
                                    int8_t* output, void* buffer);

void sni_cmsis_nn_fully_connected(const sni_kernel_product_int8* layer, const int8_t* input,
                                  int8_t* output, void* buffer);

#ifdef __cplusplus
}
#endif

#endif

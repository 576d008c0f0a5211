#ifndef TESTS_EXTERNAL_REFERENCE_KERNELS_H_
#define TESTS_EXTERNAL_REFERENCE_KERNELS_H_

#include "sni_rules/kernels/sni_kernels.h"

void test_product_int8(const sni_kernel_product_int8* layer, const int8_t* input, int8_t* output,
                       void* buffer);
void test_product_float32(const sni_kernel_product_float32* layer, const float* input,
                          float* output, void* buffer);
void test_maximum(const sni_kernel_operator* layer, const void* const* inputs, void* const* outputs,
                  void* buffer);

#endif

/* FULLY_CONNECTED of int8 by CMSIS-NN. */
#include "arm_nnsupportfunctions.h"
#include "sni_rules/kernels/cmsis_nn/kernels.h"
#include "sni_rules/kernels/cmsis_nn/parameters.h"

void sni_cmsis_nn_fully_connected(const sni_kernel_product_int8* layer, const int8_t* input,
                                  int8_t* output, void* buffer) {
  const cmsis_nn_context context = {buffer, 0};
  const cmsis_nn_fc_params parameters = {
      .input_offset = -layer->input_zero_point,
      .filter_offset = 0,
      .output_offset = layer->output_zero_point,
      .activation = sni_cmsis_activation(layer),
  };
  const cmsis_nn_per_channel_quant_params scales = sni_cmsis_scales(layer);
  const cmsis_nn_dims input_dims = {layer->input.batches, 1, 1, layer->input.channels};
  const cmsis_nn_dims output_dims = {layer->output.batches, 1, 1, layer->output.channels};
  const cmsis_nn_dims filter_dims = {layer->input.channels, 1, 1, layer->output.channels};
  const cmsis_nn_dims bias_dims = {1, 1, 1, layer->output.channels};
#if defined(ARM_MATH_MVEI)
  /* Its kernels for MVE want what zero point and bias add to each sum; the others work that out. */
  sni_cmsis_check(arm_vector_sum_s8(buffer, layer->input.channels, layer->output.channels,
                                    layer->weights, -layer->input_zero_point, 0, layer->bias));
#endif
  /* It fails only without the buffer that it needs, whose size is asked for. */
  sni_cmsis_check(arm_fully_connected_per_channel_s8(
      &context, &parameters, &scales, &input_dims, input, &filter_dims, layer->weights, &bias_dims,
      layer->bias, &output_dims, output));
}

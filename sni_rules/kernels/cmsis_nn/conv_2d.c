/* CONV_2D of int8 by CMSIS-NN, which chooses among its own kernels as the program runs. */
#include "sni_rules/kernels/cmsis_nn/kernels.h"
#include "sni_rules/kernels/cmsis_nn/parameters.h"

void sni_cmsis_nn_conv_2d(const sni_kernel_product_int8* layer, const int8_t* input, int8_t* output,
                          void* buffer) {
  const cmsis_nn_context context = {buffer, 0};
  const cmsis_nn_conv_params parameters = {
      .input_offset = -layer->input_zero_point,
      .output_offset = layer->output_zero_point,
      .stride = sni_cmsis_tile(layer->stride_rows, layer->stride_columns),
      .padding = sni_cmsis_tile(layer->padding_top, layer->padding_left),
      .dilation = sni_cmsis_tile(layer->dilation_rows, layer->dilation_columns),
      .activation = sni_cmsis_activation(layer),
  };
  const cmsis_nn_per_channel_quant_params scales = sni_cmsis_scales(layer);
  const cmsis_nn_dims input_dims = sni_cmsis_dims(&layer->input);
  const cmsis_nn_dims output_dims = sni_cmsis_dims(&layer->output);
  const cmsis_nn_dims filter_dims = {layer->output.channels, layer->window_rows,
                                     layer->window_columns, layer->input.channels / layer->groups};
  const cmsis_nn_dims bias_dims = {1, 1, 1, layer->output.channels};
  /* It fails only where its arguments contradict each other, which pattern and buffer size rule
   * out. */
  sni_cmsis_check(arm_convolve_wrapper_s8(&context, &parameters, &scales, &input_dims, input,
                                          &filter_dims, layer->weights, &bias_dims, layer->bias,
                                          &output_dims, output));
}

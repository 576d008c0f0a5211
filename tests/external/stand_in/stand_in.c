#include <stddef.h>

#include "arm_nnfunctions.h"

static int32_t output_of(int64_t sum, const cmsis_nn_per_channel_quant_params* scales,
                         int32_t channel, int32_t offset, cmsis_nn_activation activation) {
  const int32_t shift = scales->shift[channel];
  const int64_t left = shift > 0 ? sum * ((int64_t)1 << shift) : sum;
  int64_t high = (left * scales->multiplier[channel] + (1 << 30)) >> 31;
  if (shift < 0) {
    const int64_t half = (int64_t)1 << (-shift - 1);
    high = high < 0 ? -((half - high) >> -shift) : (high + half) >> -shift;
  }
  high += offset;
  return (int32_t)(high < activation.min   ? activation.min
                   : high > activation.max ? activation.max
                                           : high);
}

/* per_channel: outputs of each input channel, or 0 where each output sees the channels of its
 * group. */
static arm_cmsis_nn_status convolve(const cmsis_nn_conv_params* p,
                                    const cmsis_nn_per_channel_quant_params* scales,
                                    const cmsis_nn_dims* in, const int8_t* input,
                                    const cmsis_nn_dims* filter, const int8_t* weights,
                                    const int32_t* bias, const cmsis_nn_dims* out, int8_t* output,
                                    int32_t per_channel) {
  if (p->stride.h < 1 || p->stride.w < 1 || p->dilation.h < 1 || p->dilation.w < 1) {
    return ARM_CMSIS_NN_ARG_ERROR;
  }
  for (int32_t at = 0; at < out->n * out->h * out->w * out->c; ++at) {
    const int32_t o = at % out->c;
    const int32_t pixel = at / out->c;
    const int32_t top = pixel / out->w % out->h * p->stride.h - p->padding.h;
    const int32_t left = pixel % out->w * p->stride.w - p->padding.w;
    int64_t sum = bias ? bias[o] : 0;
    for (int32_t tap = 0; tap < filter->h * filter->w; ++tap) {
      const int32_t y = top + tap / filter->w * p->dilation.h;
      const int32_t x = left + tap % filter->w * p->dilation.w;
      if (y < 0 || y >= in->h || x < 0 || x >= in->w) {
        continue;
      }
      const int8_t* const shown =
          &input[((pixel / (out->h * out->w) * in->h + y) * in->w + x) * in->c];
      if (per_channel > 0) {
        sum += (shown[o / per_channel] + p->input_offset) * weights[tap * out->c + o];
        continue;
      }
      const int32_t first = o / (out->c / (in->c / filter->c)) * filter->c;
      for (int32_t i = 0; i < filter->c; ++i) {
        sum += (shown[first + i] + p->input_offset) *
               weights[(o * filter->h * filter->w + tap) * filter->c + i];
      }
    }
    output[at] = (int8_t)output_of(sum, scales, o, p->output_offset, p->activation);
  }
  return ARM_CMSIS_NN_SUCCESS;
}

arm_cmsis_nn_status arm_convolve_wrapper_s8(const cmsis_nn_context* context,
                                            const cmsis_nn_conv_params* parameters,
                                            const cmsis_nn_per_channel_quant_params* scales,
                                            const cmsis_nn_dims* input_dims, const int8_t* input,
                                            const cmsis_nn_dims* filter_dims, const int8_t* filter,
                                            const cmsis_nn_dims* bias_dims, const int32_t* bias,
                                            const cmsis_nn_dims* output_dims, int8_t* output) {
  if (context->buf == NULL || filter_dims->n != output_dims->c || bias_dims->c != output_dims->c) {
    return ARM_CMSIS_NN_ARG_ERROR;
  }
  return convolve(parameters, scales, input_dims, input, filter_dims, filter, bias, output_dims,
                  output, 0);
}

arm_cmsis_nn_status arm_depthwise_conv_wrapper_s8(
    const cmsis_nn_context* context, const cmsis_nn_dw_conv_params* parameters,
    const cmsis_nn_per_channel_quant_params* scales, const cmsis_nn_dims* input_dims,
    const int8_t* input, const cmsis_nn_dims* filter_dims, const int8_t* filter,
    const cmsis_nn_dims* bias_dims, const int32_t* bias, const cmsis_nn_dims* output_dims,
    int8_t* output) {
  if (context->buf == NULL || filter_dims->c != output_dims->c || bias_dims->c != output_dims->c ||
      parameters->ch_mult * input_dims->c != output_dims->c) {
    return ARM_CMSIS_NN_ARG_ERROR;
  }
  const cmsis_nn_conv_params as_convolution = {parameters->input_offset, parameters->output_offset,
                                               parameters->stride,       parameters->padding,
                                               parameters->dilation,     parameters->activation};
  return convolve(&as_convolution, scales, input_dims, input, filter_dims, filter, bias,
                  output_dims, output, parameters->ch_mult);
}

arm_cmsis_nn_status arm_fully_connected_per_channel_s8(
    const cmsis_nn_context* context, const cmsis_nn_fc_params* parameters,
    const cmsis_nn_per_channel_quant_params* scales, const cmsis_nn_dims* input_dims,
    const int8_t* input, const cmsis_nn_dims* filter_dims, const int8_t* filter,
    const cmsis_nn_dims* bias_dims, const int32_t* bias, const cmsis_nn_dims* output_dims,
    int8_t* output) {
  (void)context;
  if (filter_dims->n != input_dims->c || bias_dims->c != output_dims->c ||
      parameters->filter_offset != 0) {
    return ARM_CMSIS_NN_ARG_ERROR;
  }
  const cmsis_nn_conv_params as_convolution = {.input_offset = parameters->input_offset,
                                               .output_offset = parameters->output_offset,
                                               .stride = {1, 1},
                                               .dilation = {1, 1},
                                               .activation = parameters->activation};
  const cmsis_nn_dims window = {output_dims->c, 1, 1, input_dims->c};
  return convolve(&as_convolution, scales, input_dims, input, &window, filter, bias, output_dims,
                  output, 0);
}

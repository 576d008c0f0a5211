/* Kernels as a user would write them, as plainly as can be: tests compare networks that call them
 * with TFLM. */
#include "tests/external/reference_kernels.h"

#include <stddef.h>
#include <string.h>

/* round(value / 2^shift), halves away from zero. */
static int64_t rounded_shift(int64_t value, int32_t shift) {
  const int64_t half = shift > 0 ? (int64_t)1 << (shift - 1) : 0;
  return value < 0 ? -((-value + half) >> shift) : (value + half) >> shift;
}

static int32_t scaled(int32_t sum, int32_t multiplier, int32_t shift) {
  const int64_t product = (int64_t)(sum * (shift > 0 ? (int32_t)1 << shift : 1)) * multiplier;
  return (int32_t)rounded_shift((product + (1 << 30)) >> 31, shift < 0 ? -shift : 0);
}

static int32_t clamped(int32_t value, int32_t low, int32_t high) {
  return value < low ? low : value > high ? high : value;
}

/* CONV_2D, DEPTHWISE_CONV_2D and FULLY_CONNECTED. The buffer holds a sum for each output. */
void test_product_int8(const sni_kernel_product_int8* layer, const int8_t* input, int8_t* output,
                       void* buffer) {
  const sni_kernel_image* const in = &layer->input;
  const sni_kernel_image* const out = &layer->output;
  const int32_t share = in->channels / layer->groups;
  int32_t* const sums = buffer;
  for (int32_t pixel = 0; pixel < out->batches * out->rows * out->columns; ++pixel) {
    const int32_t image = pixel / (out->rows * out->columns);
    const int32_t top = pixel / out->columns % out->rows * layer->stride_rows - layer->padding_top;
    const int32_t left = pixel % out->columns * layer->stride_columns - layer->padding_left;
    for (int32_t o = 0; o < out->channels; ++o) {
      sums[o] = layer->bias ? layer->bias[o] : 0;
      for (int32_t r = 0; r < layer->window_rows; ++r) {
        for (int32_t c = 0; c < layer->window_columns; ++c) {
          const int32_t y = top + r * layer->dilation_rows;
          const int32_t x = left + c * layer->dilation_columns;
          if (y < 0 || y >= in->rows || x < 0 || x >= in->columns) {
            continue;
          }
          const int8_t* const shown =
              &input[((image * in->rows + y) * in->columns + x) * in->channels];
          if (layer->depth_multiplier > 0) {
            const int32_t weight =
                layer->weights[(r * layer->window_columns + c) * out->channels + o];
            sums[o] += (shown[o / layer->depth_multiplier] - layer->input_zero_point) * weight;
            continue;
          }
          const int32_t first = o / (out->channels / layer->groups) * share;
          const int8_t* const weights =
              &layer->weights[((o * layer->window_rows + r) * layer->window_columns + c) * share];
          for (int32_t i = 0; i < share; ++i) {
            sums[o] += (shown[first + i] - layer->input_zero_point) * weights[i];
          }
        }
      }
    }
    for (int32_t o = 0; o < out->channels; ++o) {
      const int32_t value =
          scaled(sums[o], layer->multipliers[o], layer->shifts[o]) + layer->output_zero_point;
      output[pixel * out->channels + o] = (int8_t)clamped(value, layer->low, layer->high);
    }
  }
}

/* FULLY_CONNECTED alone. */
void test_product_float32(const sni_kernel_product_float32* layer, const float* input,
                          float* output, void* buffer) {
  (void)buffer;
  for (int32_t row = 0; row < layer->output.batches; ++row) {
    for (int32_t o = 0; o < layer->output.channels; ++o) {
      float sum = 0;
      for (int32_t i = 0; i < layer->input.channels; ++i) {
        sum +=
            input[row * layer->input.channels + i] * layer->weights[o * layer->input.channels + i];
      }
      sum += layer->bias ? layer->bias[o] : 0;
      output[row * layer->output.channels + o] = sum < layer->low    ? layer->low
                                                 : sum > layer->high ? layer->high
                                                                     : sum;
    }
  }
}

/* MAXIMUM of int8 tensors of one shape, either of which may be constant. */
void test_maximum(const sni_kernel_operator* layer, const void* const* inputs, void* const* outputs,
                  void* buffer) {
  const int8_t* const a = inputs[0];
  const int8_t* const b = inputs[1];
  int8_t* const largest = outputs[0];
  int32_t elements = 1;
  for (int32_t i = 0; i < layer->outputs[0].rank; ++i) {
    elements *= layer->outputs[0].shape[i];
  }
  memset(buffer, 0, (size_t)elements); /* all of the buffer that was asked for is there */
  for (int32_t i = 0; i < elements; ++i) {
    largest[i] = a[i] > b[i] ? a[i] : b[i];
  }
}

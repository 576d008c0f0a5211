/* What the code of a network gives to a kernel that is not its own: one that `sni_kernel_library`
 * declares, such as the driver of an accelerator or a function of a vendor's library.
 *
 * A kernel computes one layer. It is called with a constant description of the layer, with its
 * data, and with a buffer of the size that the library asked for (NULL where it asked for none),
 * whose contents are undefined before the call and not needed after it. It keeps none of the
 * pointers, and must give the same result for the same input each time. Inputs, outputs and buffer
 * do not overlap; each begins at a multiple of 16 bytes from the beginning of the network's arena,
 * which is aligned to 8 bytes or more. Descriptions and tables are constants that stay in flash.
 *
 *   CONV_2D, DEPTHWISE_CONV_2D,   void f(const sni_kernel_product_int8* layer, const int8_t* input,
 * int8_t* output, FULLY_CONNECTED, int8                void* buffer); the same, float32 void
 * f(const sni_kernel_product_float32* layer, const float* input, float* output, void* buffer); any
 * other operator            void f(const sni_kernel_operator* layer, const void* const* inputs,
 *                                        void* const* outputs, void* buffer);
 *
 * Images are [batches][rows][columns][channels], the last index varying fastest. */
#ifndef SNI_RULES_KERNELS_SNI_KERNELS_H_
#define SNI_RULES_KERNELS_SNI_KERNELS_H_

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct sni_kernel_image {
  int32_t batches;
  int32_t rows;
  int32_t columns;
  int32_t channels;
} sni_kernel_image;

/* A layer of products and sums with int8 activations and weights. FULLY_CONNECTED is a window of
 * one pixel on images of one pixel, one image for each row.
 *
 * With s = the sum over the window of (input - input_zero_point) * weight, plus the output's bias:
 *   output = clamp(scaled(s, multipliers[o], shifts[o]) + output_zero_point, low, high)
 * where scaled(s, m, n) is s * m / 2^31 * 2^n, rounded as TensorFlow Lite Micro does it
 * (MultiplyByQuantizedMultiplier). Pixels outside of the image count as input_zero_point. */
typedef struct sni_kernel_product_int8 {
  sni_kernel_image input;
  sni_kernel_image output;
  int32_t window_rows;
  int32_t window_columns;
  int32_t stride_rows;
  int32_t stride_columns;
  int32_t dilation_rows;
  int32_t dilation_columns;
  int32_t padding_top;  /* rows that the first window reaches beyond the image */
  int32_t padding_left; /* columns, likewise */
  int32_t groups; /* of CONV_2D: as many equal shares of channels, each seen by its share of the
                     outputs */
  int32_t depth_multiplier; /* of DEPTHWISE_CONV_2D: outputs of each channel; 0 for the others */
  int32_t input_zero_point;
  int32_t output_zero_point;
  int32_t low;                /* smallest output */
  int32_t high;               /* largest output */
  const int32_t* multipliers; /* [output channel], 0 or 2^30 to 2^31 - 1 */
  const int32_t* shifts;      /* [output channel], -31 to 30, positive to the left */
  const int8_t*
      weights;         /* CONV_2D: [output][row][column][channel of the group];
                        * DEPTHWISE_CONV_2D: [row][column][output]; FULLY_CONNECTED: [output][channel] */
  const int32_t* bias; /* [output channel], or NULL */
} sni_kernel_product_int8;

/* The same with floats: output = clamp(sum + bias, low, high); low and high may be infinite. */
typedef struct sni_kernel_product_float32 {
  sni_kernel_image input;
  sni_kernel_image output;
  int32_t window_rows;
  int32_t window_columns;
  int32_t stride_rows;
  int32_t stride_columns;
  int32_t dilation_rows;
  int32_t dilation_columns;
  int32_t padding_top;
  int32_t padding_left;
  int32_t groups;
  int32_t depth_multiplier;
  float low;
  float high;
  const float* weights;
  const float* bias;
} sni_kernel_product_float32;

typedef enum sni_kernel_type {
  SNI_KERNEL_FLOAT32,
  SNI_KERNEL_FLOAT16, /* constants only, as their 16 bits */
  SNI_KERNEL_INT4,    /* constants only, one to a byte */
  SNI_KERNEL_INT8,
  SNI_KERNEL_UINT8,
  SNI_KERNEL_INT16,
  SNI_KERNEL_INT32,
  SNI_KERNEL_INT64,
  SNI_KERNEL_BOOL
} sni_kernel_type;

/* A tensor. real value = (stored value - zero_point) * scale where scale is not 0. */
typedef struct sni_kernel_tensor {
  sni_kernel_type type;
  int32_t rank;
  int32_t shape[6]; /* `rank` sizes; a tensor that is left out has one size, 0 */
  float scale;
  int32_t zero_point;
} sni_kernel_tensor;

/* A layer of any other operator, in the operator's own order of inputs and outputs. Its attributes
 * are those that the library's pattern asks for. Data of an input that is left out is NULL. */
typedef struct sni_kernel_operator {
  int32_t input_count;
  int32_t output_count;
  const sni_kernel_tensor* inputs;
  const sni_kernel_tensor* outputs;
} sni_kernel_operator;

#ifdef __cplusplus
}
#endif

#endif

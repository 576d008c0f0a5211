"""The macro cmsis_nn_kernels."""

load(":sni_kernel_library.bzl", "sni_kernel_library")

# Bytes of CMSIS-NN's buffers (its arm_*_get_buffer_size): what its kernels for MVE need is more than the others do, but
# for depthwise convolutions of many channels.
_WINDOW = "window_rows * window_columns"
_KERNELS = {
    "conv_2d": struct(
        pattern = {
            "operator": "CONV_2D",
            "input": "int8[1, *, *, *]",
            "weights": "int8",
        },
        size = "4 * (%s * input_channels + 3)" % _WINDOW,
        size_mve = "64 * ((%s * input_channels + 15) // 16)" % _WINDOW,
    ),
    "depthwise_conv_2d": struct(
        pattern = {
            "depth_multiplier": "1",
            "operator": "DEPTHWISE_CONV_2D",
            "input": "int8[1, *, *, *]",
            "weights": "int8",
        },
        size = "2 * input_channels * " + _WINDOW,
        size_mve = "max(496, 2 * input_channels) * " + _WINDOW,
    ),
    "fully_connected": struct(
        pattern = {
            "operator": "FULLY_CONNECTED",
            "input": "int8",
            "weights": "int8",
        },
        size = "0",
        size_mve = "4 * output_channels",
    ),
}

def cmsis_nn_kernels(name, cmsis_nn, **kwargs):
    """CMSIS-NN's int8 convolution, depthwise convolution and fully connected layer, as kernels for `sni_model`.

    Makes NAME_conv_2d, NAME_depthwise_conv_2d and NAME_fully_connected, `sni_kernel_library` targets each:

    ```starlark
    load("@sni_rules//sni_rules/kernels:cmsis_nn.bzl", "cmsis_nn_kernels")

    cmsis_nn_kernels(
        name = "cmsis",
        cmsis_nn = "@cmsis_nn",  # a cc_library with CMSIS-NN's sources or a cc_import of its archive, and its headers
    )

    sni_model(
        name = "keywords",
        kernels = [
            ":cmsis_conv_2d",
            ":cmsis_depthwise_conv_2d",
            ":cmsis_fully_connected",
        ],
        model = "keywords.tflite",
    )
    ```

    The results are those of the generated kernels, to the last bit.

    Args:
      name: prefix of the targets.
      cmsis_nn: label of a C library with CMSIS-NN: `arm_nnfunctions.h` must be found in its include paths.
      **kwargs: further attributes of all targets, as `visibility`.
    """
    for kind, kernel in _KERNELS.items():
        sni_kernel_library(
            name = "%s_%s" % (name, kind),
            buffer_size = select({
                Label("//platforms/mve:none"): kernel.size,
                "//conditions:default": kernel.size_mve,
            }),
            function = "sni_cmsis_nn_" + kind,
            pattern = kernel.pattern,
            srcs = [Label("//sni_rules/kernels:cmsis_nn/%s" % file) for file in [
                kind + ".c",
                "kernels.h",
                "parameters.h",
            ]],
            deps = [cmsis_nn],
            **kwargs
        )

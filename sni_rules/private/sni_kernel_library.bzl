"""The rule sni_kernel_library."""

load("@rules_cc//cc/common:cc_common.bzl", "cc_common")
load("@rules_cc//cc/common:cc_info.bzl", "CcInfo")
load("//sni_rules:providers.bzl", "SniKernelInfo")
load(":cc.bzl", "CC_FRAGMENTS", "c_toolchain", "compile_c", "use_c_toolchain")
load(":names.bzl", "is_c_identifier", "to_c_identifier")
load(":problems.bzl", "fail_with", "label_text")

def _library(ctx, deps):
    """The sources of the target itself as a C library."""
    if not ctx.files.srcs:
        return []
    cc = c_toolchain(ctx)
    compilation_context, outputs = compile_c(
        ctx,
        cc,
        name = ctx.label.name,
        srcs = [file for file in ctx.files.srcs if file.extension == "c"],
        copts = ctx.attr.copts,
        private_hdrs = [file for file in ctx.files.srcs if file.extension == "h"],
        compilation_contexts = [dep.compilation_context for dep in deps],
    )
    linking_context, _ = cc_common.create_linking_context_from_compilation_outputs(
        name = ctx.label.name,
        actions = ctx.actions,
        cc_toolchain = cc.toolchain,
        compilation_outputs = outputs,
        disallow_dynamic_library = True,
        feature_configuration = cc.features,
        linking_contexts = [dep.linking_context for dep in deps],
    )
    return [CcInfo(compilation_context = compilation_context, linking_context = linking_context)]

def _sni_kernel_library_impl(ctx):
    problems = []
    function = ctx.attr.function
    if not is_c_identifier(function):
        problems.append("function = \"%s\": not a C identifier (letters, digits and _, no digit first%s)" % (
            function,
            ": function = \"%s\"" % to_c_identifier(function) if function else "",
        ))
    if not ctx.attr.pattern.get("operator"):
        problems.append("pattern = %s: without the operator that the kernel computes (\"operator\": \"CONV_2D\")" %
                        (ctx.attr.pattern or "{}"))
    fail_with(ctx.label, problems)

    description = ctx.actions.declare_file(ctx.label.name + "_kernel.json")
    ctx.actions.write(description, json.encode_indent({
        "buffer_size": ctx.attr.buffer_size,
        "function": function,
        "library": label_text(ctx.label),
        "pattern": ctx.attr.pattern,
    }) + "\n")
    deps = [dep[CcInfo] for dep in ctx.attr.deps + [ctx.attr._interface]]
    cc_info = cc_common.merge_cc_infos(cc_infos = _library(ctx, deps) + deps)
    return [
        DefaultInfo(files = depset([description])),
        SniKernelInfo(
            cc_info = cc_info,
            description = description,
            function = function,
        ),
    ]

sni_kernel_library = rule(
    implementation = _sni_kernel_library_impl,
    doc = """A kernel of one's own for layers of a pattern: the driver of an accelerator, a vendor's library, DSP code.

```starlark
load("@sni_rules//sni_rules:defs.bzl", "sni_kernel_library", "sni_model")

sni_kernel_library(
    name = "npu_conv",
    buffer_size = "4 * window_rows * window_columns * input_channels",
    function = "npu_conv_s8",
    pattern = {
        "operator": "CONV_2D",
        "input": "int8[1, *, *, %4]",
        "stride_h": "1",
        "stride_w": "1",
    },
    srcs = ["npu.c"],  # #include "sni_rules/kernels/sni_kernels.h"
    deps = [":npu_driver"],
)

sni_model(
    name = "detector",
    kernels = [":npu_conv"],
    model = "detector.tflite",
)
```

A layer whose operator, types, shapes and attributes the pattern matches becomes a call of `function`; all others keep the
generated kernels. The report says which layers went where. A pattern that matches no layer of a model is an error, with the
reasons of the nearest layers. [What a kernel is given, and how patterns are written](external_kernels.md).
""",
    attrs = {
        "buffer_size": attr.string(
            default = "0",
            doc = """Bytes that the function needs while it runs, in the model's arena: a number, or arithmetic (`+ - * // ( )`,
`max(..)`, `min(..)`) over the sizes of the layer.""",
        ),
        "copts": attr.string_list(
            doc = "Flags for compiling the sources, one flag in each string.",
        ),
        "deps": attr.label_list(
            doc = "C libraries that have the function, or that the sources need.",
            providers = [CcInfo],
        ),
        "function": attr.string(
            doc = "Name of the C function.",
            mandatory = True,
        ),
        "pattern": attr.string_dict(
            doc = """What layers it computes: `"operator"`, and any of tensors (`"input"`, `"weights"`, `"bias"`, `"output"`, or
`"input_0"`..) and attributes of the operator.""",
            mandatory = True,
        ),
        "srcs": attr.label_list(
            allow_files = [
                ".c",
                ".h",
            ],
            doc = "C sources of the function, where it does not come from a library.",
        ),
        "_interface": attr.label(
            default = "//sni_rules/kernels",
            providers = [CcInfo],
        ),
    },
    fragments = CC_FRAGMENTS,
    provides = [SniKernelInfo],
    toolchains = use_c_toolchain(),
)

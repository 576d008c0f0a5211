"""The rule sni_model."""

load("@rules_cc//cc/common:cc_info.bzl", "CcInfo")
load("//sni_rules:providers.bzl", "SniKernelInfo", "SniModelInfo", "SniSizeInfo")
load(":budget.bzl", "read_budget")
load(":cc.bzl", "CC_FRAGMENTS", "use_c_toolchain")
load(":codegen.bzl", "generate")
load(":library.bzl", "model_library", "model_results")
load(":names.bzl", "check_c_name")
load(":problems.bzl", "check_choice", "fail_with", "single_file")
load(":profile.bzl", "AUTO", "PROFILE_ATTRS", "choose_profile")
load(":size.bzl", "SIZE_ATTRS")
load(":toolchain_type.bzl", "find_sni_toolchain", "use_sni_toolchain")

_OPTIMISATIONS = ["balanced", "speed", "ram"]

_ROUNDINGS = ["double", "single"]

_CONVERT_FIRST = "sni_model takes .tflite: put a tflite_model before it"

def _sni_model_impl(ctx):
    toolchain = find_sni_toolchain(ctx.label, ctx.toolchains)

    problems = []
    c_name = check_c_name(problems, ctx.label.name, ctx.attr.c_name)
    model = single_file(problems, "model", ctx.attr.model, ["tflite"], hints = {
        "h5": _CONVERT_FIRST,
        "keras": _CONVERT_FIRST,
    })
    pipeline = None
    if ctx.attr.pipeline:
        pipeline = single_file(problems, "pipeline", ctx.attr.pipeline, ["json"])
    check_choice(problems, "optimize", ctx.attr.optimize, _OPTIMISATIONS)
    check_choice(problems, "profile", ctx.attr.profile, [AUTO] + toolchain.profiles)
    check_choice(problems, "rounding", ctx.attr.rounding, _ROUNDINGS)
    limits = read_budget(problems, ctx.attr.budget)
    fail_with(ctx.label, problems)

    info = generate(
        ctx,
        toolchain,
        c_name = c_name,
        kernels = [kernel[SniKernelInfo].description for kernel in ctx.attr.kernels],
        model = model,
        optimize = ctx.attr.optimize,
        pipeline = pipeline,
        profile = choose_profile(ctx, ctx.attr.profile, toolchain.profiles),
        rounding = ctx.attr.rounding,
    )
    cc_info, library = model_library(ctx, info, deps = [kernel[SniKernelInfo].cc_info for kernel in ctx.attr.kernels])
    return model_results(ctx, info, cc_info, library, limits)

sni_model = rule(
    implementation = _sni_model_impl,
    doc = """Compiles a network to C and the C to a library that any `cc_binary` or `cc_library` can depend on.

```starlark
load("@rules_cc//cc:cc_binary.bzl", "cc_binary")
load("@sni_rules//sni_rules:defs.bzl", "sni_model")

sni_model(
    name = "detector",
    model = "detector.tflite",
    pipeline = "detector.json",
)

cc_binary(
    name = "firmware",
    srcs = ["main.c"],  # #include "detector.h", or with the package: "app/detector.h"
    deps = [":detector"],
)
```

Output groups (`bazel build //app:detector --output_groups=srcs,hdrs,report`; NAME is `c_name`):

* `hdrs`: NAME.h, the API.
* `srcs`: NAME.c, and NAME_weights.h, which it includes.
* `report`: NAME_report.txt, NAME_report.json and NAME_arena.svg, a picture of the memory of activations.
* `size`: NAME_size.txt and NAME_size.json: flash, RAM and the worst-case stack on the target platform, by section, layer and
  function ([what they mean](size.md)).
* `engine`: NAME_engine.c, by which `sni_binary` joins the model to its runner.

The generated C is compiled with `-std=c99 -Wall -Wextra -Wpedantic -Wconversion -Werror -ffp-contract=off` and, in the
compilation modes `fastbuild` and `opt`, `-O3`; then come the flags of `--copt`, then those of `copts`, so `--copt=-Os` or
`copts = ["-Os"]` makes small code. `-c dbg` leaves the level to the toolchain. The C compiler is GCC or Clang. Should a
new one warn about what ours did not, `copts = ["-Wno-error"]` lets the build pass until the generator has been mended.
With `copts = ["-DSNI_SEPARATE_PRODUCTS"]` float networks give the bits of TensorFlow Lite Micro on processors with a fused
multiply-add too, more slowly.
""",
    attrs = SIZE_ATTRS | PROFILE_ATTRS | {
        "budget": attr.string_dict(
            doc = """What the model may take at most: `flash`, `ram`, `stack`, or some of them; as
`{"flash": "48KB", "ram": "6KB", "stack": "1KB"}`. Units: B, KB or KiB (1024 bytes), MB or MiB. A build that has the model in it
fails where a figure on its platform is above its limit, with a table of what takes the space ([what counts](size.md)).""",
        ),
        "c_name": attr.string(
            doc = """Prefix of the generated C names and files: letters, digits and `_`. The name of the target by default.
Two models of one program need two names.""",
        ),
        "copts": attr.string_list(
            doc = "Flags for compiling the generated C, one flag in each string, after all others.",
        ),
        "kernels": attr.label_list(
            doc = """Kernels of one's own, `sni_kernel_library` targets: a layer takes the first whose pattern it matches, before any
of the profile's.""",
            providers = [SniKernelInfo],
        ),
        "model": attr.label(
            allow_files = True,
            doc = "The network: a `.tflite` file, or a target that makes one, as `tflite_model`.",
            mandatory = True,
        ),
        "optimize": attr.string(
            default = "balanced",
            doc = """What to spend flash on, and what to save: `balanced`, speed where it costs little; `speed`, loops of each layer's
own with its shapes folded in, for the profiles that have them (`dsp`); or `ram`, as `balanced`, but with the layers that need
most memory computed a few rows at a time, for a little more code.""",
        ),
        "pipeline": attr.label(
            allow_files = True,
            doc = "A `.json` file that describes pre- and post-processing, which becomes part of the generated C. Optional.",
        ),
        "profile": attr.string(
            default = "auto",
            doc = """The kernel profile. `auto` is the one made for the processor of the target platform, by its constraint values:
`x86` on x86-64, `neon` on ARMv7-A, `dsp` on Cortex-M4, M7 and M33, `mve` on a Cortex-M55 with MVE (`mve_integer` where that is
of integers alone), `scalar` and `scalar_m3` on Cortex-M0 and M3; `c99`, portable C, on anything else, and with `-c dbg`. Or one
that the compiler's toolchain offers. All give the same bits for int8 and int16 ([kernels](kernels.md)).""",
        ),
        "rounding": attr.string(
            default = "double",
            doc = """How requantisation of int8 and int16 rounds: `double` (twice, as TensorFlow Lite Micro and CMSIS-NN do)
or `single` (once, as LiteRT does).""",
        ),
    },
    fragments = CC_FRAGMENTS,
    provides = [CcInfo, SniModelInfo, SniSizeInfo],
    toolchains = use_sni_toolchain() + use_c_toolchain(),
)

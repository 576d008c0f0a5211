"""The rule microtvm_model."""

load("@rules_cc//cc/common:cc_info.bzl", "CcInfo")
load("//sni_rules:providers.bzl", "SniModelInfo", "SniSizeInfo")
load(":budget.bzl", "read_budget")
load(":cc.bzl", "CC_FRAGMENTS", "use_c_toolchain")
load(":codegen.bzl", "declare_model", "run_compiler")
load(":library.bzl", "model_library", "model_results")
load(":names.bzl", "check_c_name")
load(":problems.bzl", "fail_with", "single_file")
load(":size.bzl", "SIZE_ATTRS")

_CONVERT_FIRST = "microtvm_model takes .tflite: put a tflite_model before it"

# TVM's C converts between types without saying so, and its warnings are nothing that we or the user could mend.
_COPTS = [
    "-Wno-conversion",
    "-Wno-error",
]

def _resources(_os, _input_count):
    # TVM and its LLVM are 300 MB in memory; several at once must not push a small machine into swapping.
    return {"cpu": 1, "memory": 512}

def _microtvm_model_impl(ctx):
    problems = []
    c_name = check_c_name(problems, ctx.label.name, ctx.attr.c_name)
    model = single_file(problems, "model", ctx.attr.model, ["tflite"], hints = {
        "h5": _CONVERT_FIRST,
        "keras": _CONVERT_FIRST,
    })
    pipeline = None
    if ctx.attr.pipeline:
        pipeline = single_file(problems, "pipeline", ctx.attr.pipeline, ["json"])
    limits = read_budget(problems, ctx.attr.budget)
    fail_with(ctx.label, problems)

    info = declare_model(ctx, c_name, model, pipeline)
    run_compiler(
        ctx,
        info,
        ctx.attr._compiler[DefaultInfo].files_to_run,
        mnemonic = "TvmCompile",
        progress_message = "Compiling %{input} to C with TVM for %{label}",
        resource_set = _resources,
    )
    cc_info, library = model_library(ctx, info, copts = _COPTS)
    return model_results(ctx, info, cc_info, library, limits)

microtvm_model = rule(
    implementation = _microtvm_model_impl,
    doc = """Compiles a network to C with Apache TVM, and the C to a library with the API of an `sni_model`.

```starlark
microtvm_model(
    name = "detector_tvm",
    model = "detector.tflite",
    pipeline = "detector.json",
)
```

TVM's ahead-of-time kernels as static functions, constants as `const` tables, its static memory plan as one arena, and a
straight line of calls: no TVM at run time, no heap. Files and output groups are those of `sni_model`; `sni_binary` takes this
target as its model, which is what `microtvm_binary` does. [microtvm.md](microtvm.md) tells more.

TVM is fetched when the first target of this rule is built, and never for a build without one.
""",
    attrs = SIZE_ATTRS | {
        "budget": attr.string_dict(
            doc = "What the model may take at most, as for `sni_model`.",
        ),
        "c_name": attr.string(
            doc = "Prefix of the generated C names and files: letters, digits and `_`. The name of the target by default.",
        ),
        "copts": attr.string_list(
            doc = "Flags for compiling the generated C, one flag in each string, after all others.",
        ),
        "model": attr.label(
            allow_files = True,
            doc = "The network: a `.tflite` file, or a target that makes one, as `tflite_model`.",
            mandatory = True,
        ),
        "pipeline": attr.label(
            allow_files = True,
            doc = "A `.json` file that describes pre- and post-processing, as for `sni_model`. Optional.",
        ),
        "_compiler": attr.label(
            cfg = "exec",
            default = "//tools/microtvm",
            executable = True,
        ),
    },
    fragments = CC_FRAGMENTS,
    provides = [CcInfo, SniModelInfo, SniSizeInfo],
    toolchains = use_c_toolchain(),
)

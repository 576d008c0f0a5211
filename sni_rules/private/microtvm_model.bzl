"""The rule microtvm_model."""

load("@rules_cc//cc/common:cc_info.bzl", "CcInfo")
load("//sni_rules:providers.bzl", "SniModelInfo", "SniSizeInfo")
load(":cc.bzl", "CC_FRAGMENTS", "use_c_toolchain")
load(":codegen.bzl", "declare_model", "run_compiler")
load(":library.bzl", "ENGINE_MODEL_ATTRS", "model_library", "model_results", "read_model")
load(":platforms.bzl", "for_all_platforms")
load(":problems.bzl", "fail_with")
load(":size.bzl", "SIZE_ATTRS")

# TVM's C converts between types without saying so, and its warnings are nothing that we or the user could mend.
_COPTS = [
    "-Wno-conversion",
    "-Wno-error",
]

def _resources(_os, _input_count):
    # TVM and its LLVM are 300 MB in memory; several at once must not push a small machine into swapping.
    return {"cpu": 1, "memory": 512}

def _compile(ctx, given):
    """Registers the action that turns a network into C; gives its SniModelInfo."""
    info = declare_model(ctx, given.c_name, given.model, given.pipeline)
    run_compiler(
        ctx,
        info,
        ctx.attr._compiler[DefaultInfo].files_to_run,
        mnemonic = "TvmCompile",
        progress_message = "Compiling %{input} to C with TVM for %{label}",
        resource_set = _resources,
    )
    return info

def _given(ctx):
    problems = []
    given = read_model(problems, ctx, "microtvm_model")
    fail_with(ctx.label, problems)
    return given

def _microtvm_model_impl(ctx):
    given = _given(ctx)
    info = _compile(ctx, given)
    cc_info, library = model_library(ctx, info, copts = _COPTS)
    return model_results(ctx, info, cc_info, library, given.limits)

_COMPILER = {
    "_compiler": attr.label(
        cfg = "exec",
        default = "//tools/microtvm",
        executable = True,
    ),
}

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
    attrs = ENGINE_MODEL_ATTRS | {
        "copts": attr.string_list(
            doc = "Flags for compiling the generated C, one flag in each string, after all others.",
        ),
    } | _COMPILER,
    fragments = CC_FRAGMENTS,
    provides = [CcInfo, SniModelInfo, SniSizeInfo],
    toolchains = use_c_toolchain(),
)

def _microtvm_sources_impl(ctx):
    info = _compile(ctx, _given(ctx))
    return [DefaultInfo(files = depset([info.header, info.source, info.weights])), info]

# TVM's C alone, which is the same on all platforms: made once for all of them.
microtvm_sources = rule(
    implementation = _microtvm_sources_impl,
    attrs = ENGINE_MODEL_ATTRS | _COMPILER | {
        "_allowlist_function_transition": attr.label(
            default = "@bazel_tools//tools/allowlists/function_transition_allowlist",
        ),
    },
    cfg = for_all_platforms,
    provides = [SniModelInfo],
)

def _microtvm_compiled_impl(ctx):
    info = ctx.attr.sources[SniModelInfo]
    cc_info, library = model_library(ctx, info, copts = _COPTS)
    return model_results(ctx, info, cc_info, library, {})

# A microtvm_model of them.
microtvm_compiled = rule(
    implementation = _microtvm_compiled_impl,
    attrs = SIZE_ATTRS | {
        "copts": attr.string_list(),
        "sources": attr.label(
            mandatory = True,
            providers = [SniModelInfo],
        ),
    },
    fragments = CC_FRAGMENTS,
    provides = [CcInfo, SniModelInfo, SniSizeInfo],
    toolchains = use_c_toolchain(),
)

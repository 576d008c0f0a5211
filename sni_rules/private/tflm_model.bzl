"""The rule tflm_model."""

load("@rules_cc//cc/common:cc_common.bzl", "cc_common")
load("@rules_cc//cc/common:cc_info.bzl", "CcInfo")
load("//platforms/emulators:emulator.bzl", "use_emulator_toolchain")
load("//sni_rules:providers.bzl", "SniModelInfo", "SniSizeInfo")
load(":cc.bzl", "CC_FRAGMENTS", "use_c_toolchain")
load(":codegen.bzl", "declare_model", "run_compiler")
load(":library.bzl", "ENGINE_MODEL_ATTRS", "model_library", "model_results", "read_model")
load(":problems.bzl", "fail_with")
load(":program.bzl", "PROGRAM_ATTRS")
load(":tflm.bzl", "can_run", "check_library", "find_arena", "tflm_library", "tflm_objects", "tflm_sources")

def _check_arena(problems, ctx):
    size = ctx.attr.arena_size
    if size < 0:
        problems.append("arena_size = %d: not a number of bytes (1 or more; leave it out for the smallest that works)" % size)
    elif not size and not can_run(ctx):
        problems.append("arena_size: needed on this platform, which has no emulator to find the smallest one with " +
                        "(a number of bytes; or an emulator: docs/platforms.md of sni_rules)")

def _tflm_model_impl(ctx):
    problems = []
    given = read_model(problems, ctx, "tflm_model")
    _check_arena(problems, ctx)
    check_library(problems, ctx.attr.tflm)
    fail_with(ctx.label, problems)

    tool = ctx.attr._compiler[DefaultInfo].files_to_run
    made = tflm_sources(ctx, tool, given.c_name, given.model)
    engine = tflm_library(ctx, tflm_objects(ctx, made))
    arena = find_arena(ctx, tool, made, engine) if can_run(ctx) else None

    info = declare_model(ctx, given.c_name, given.model, given.pipeline)
    flags = ["--library_version", ctx.attr.tflm_version] if ctx.attr.tflm_version else []
    if ctx.attr.arena_size:
        flags += ["--arena_size", str(ctx.attr.arena_size)]
    run_compiler(
        ctx,
        info,
        tool,
        command = ["compile"],
        flags = flags + (["--arena", arena] if arena else []),
        inputs = [arena] if arena else [],
        mnemonic = "TflmCompile",
        progress_message = "Making a library of %{input} for %{label}",
    )
    cc_info, library = model_library(ctx, info)
    linked = cc_common.merge_cc_infos(cc_infos = [cc_info, engine])
    return model_results(ctx, info, linked, library, given.limits, foreign = True)

tflm_model = rule(
    implementation = _tflm_model_impl,
    doc = """A library with the API of an `sni_model`, with TensorFlow Lite Micro at run time.

```starlark
tflm_model(
    name = "detector_tflm",
    model = "detector.tflite",
    pipeline = "detector.json",
    tflm = "@tflite_micro//tensorflow/lite/micro:micro_framework",
)
```

The model as a `const` array, a `MicroMutableOpResolver` with the model's operators and no others, and the smallest arena that
works: a program for the target finds it while building, under the platform's emulator or on this machine. Files and output
groups are those of `sni_model`; `sni_binary` takes this target as its model, which is what `tflm_binary` does.
[tflm.md](tflm.md) tells how to declare TensorFlow Lite Micro, and more.
""",
    attrs = ENGINE_MODEL_ATTRS | PROGRAM_ATTRS | {
        "arena_size": attr.int(
            doc = """Bytes of arena. By default the smallest number that works on the platform, exact to 16. One that is too small is
an error that names what is needed.""",
        ),
        "copts": attr.string_list(
            doc = "Flags for compiling the generated C and C++, one flag in each string, after all others.",
        ),
        "tflm": attr.label(
            allow_files = True,
            default = "//sni_rules:tflm",
            doc = """The library: a target with its headers, as `@tflite_micro//tensorflow/lite/micro:micro_framework`. By default what
`--@sni_rules//sni_rules:tflm=...` says for the whole build.""",
        ),
        "tflm_version": attr.string(
            doc = "What reports call the version of the library, which has none of its own: its commit, for one.",
        ),
        "_compiler": attr.label(
            cfg = "exec",
            default = "//tools/tflm",
            executable = True,
        ),
        "_probe": attr.label(
            default = "//sni_rules/probe",
            providers = [CcInfo],
        ),
    },
    fragments = CC_FRAGMENTS,
    provides = [CcInfo, SniModelInfo, SniSizeInfo],
    toolchains = use_c_toolchain() + use_emulator_toolchain(),
)

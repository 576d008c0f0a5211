"""The rule tflm_model."""

load("@rules_cc//cc/common:cc_common.bzl", "cc_common")
load("@rules_cc//cc/common:cc_info.bzl", "CcInfo")
load("//platforms/emulators:emulator.bzl", "use_emulator_toolchain")
load("//sni_rules:providers.bzl", "SniModelInfo", "SniSizeInfo")
load(":budget.bzl", "read_budget")
load(":cc.bzl", "CC_FRAGMENTS", "use_c_toolchain")
load(":codegen.bzl", "declare_model", "run_compiler")
load(":library.bzl", "model_library", "model_results")
load(":names.bzl", "check_c_name")
load(":problems.bzl", "fail_with", "single_file")
load(":program.bzl", "PROGRAM_ATTRS")
load(":size.bzl", "SIZE_ATTRS")
load(":tflm.bzl", "can_run", "check_library", "find_arena", "tflm_library", "tflm_objects", "tflm_sources")

_CONVERT_FIRST = "tflm_model takes .tflite: put a tflite_model before it"

def _check_arena(problems, ctx):
    size = ctx.attr.arena_size
    if size < 0:
        problems.append("arena_size = %d: not a number of bytes (1 or more; leave it out for the smallest that works)" % size)
    elif not size and not can_run(ctx):
        problems.append("arena_size: needed on this platform, which has no emulator to find the smallest one with " +
                        "(a number of bytes; or an emulator: docs/platforms.md of sni_rules)")

def _tflm_model_impl(ctx):
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
    _check_arena(problems, ctx)
    check_library(problems, ctx.attr.tflm)
    fail_with(ctx.label, problems)

    tool = ctx.attr._compiler[DefaultInfo].files_to_run
    made = tflm_sources(ctx, tool, c_name, model)
    engine = tflm_library(ctx, tflm_objects(ctx, made))
    arena = find_arena(ctx, tool, made, engine) if can_run(ctx) else None

    info = declare_model(ctx, c_name, model, pipeline)
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
    return model_results(ctx, info, linked, library, limits, foreign = True)

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
    attrs = PROGRAM_ATTRS | SIZE_ATTRS | {
        "arena_size": attr.int(
            doc = """Bytes of arena. By default the smallest number that works on the platform, exact to 16. One that is too small is
an error that names what is needed.""",
        ),
        "budget": attr.string_dict(
            doc = "What the model may take at most, as for `sni_model`.",
        ),
        "c_name": attr.string(
            doc = "Prefix of the generated C names and files: letters, digits and `_`. The name of the target by default.",
        ),
        "copts": attr.string_list(
            doc = "Flags for compiling the generated C and C++, one flag in each string, after all others.",
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

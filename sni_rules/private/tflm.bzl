"""What a model needs of TensorFlow Lite Micro: the library itself, C++ that reaches it, and the search for its arena."""

load("@rules_cc//cc/common:cc_common.bzl", "cc_common")
load("@rules_cc//cc/common:cc_info.bzl", "CcInfo")
load("//platforms/emulators:emulator.bzl", "EMULATOR_TOOLCHAIN_TYPE", "launcher")
load(":cc.bzl", "c_toolchain", "compile_c", "cxx_copts", "generated_copts")
load(":problems.bzl", "label_text")
load(":program.bzl", "is_bare_metal", "link_program")

_DECLARE = """no TensorFlow Lite Micro is declared. In MODULE.bazel:

    bazel_dep(name = "tflm", repo_name = "tflite_micro")
    git_override(
        module_name = "tflm",
        commit = "...",
        remote = "https://github.com/tensorflow/tflite-micro.git",
    )

and in .bazelrc, for the whole build:

    build --@sni_rules//sni_rules:tflm=@tflite_micro//tensorflow/lite/micro:micro_framework

or in the target: tflm = "@tflite_micro//tensorflow/lite/micro:micro_framework". In their place a cc_library around a static
library of TFLM's own Makefile does as well (docs/tflm.md of sni_rules)"""

# Nothing that would need a heap, nothing that a library built without it has not.
_FLAGS = ["-fno-exceptions", "-fno-rtti", "-fno-threadsafe-statics"]

def check_library(problems, library):
    """Adds a problem if a target is no TensorFlow Lite Micro.

    Args:
      problems: list of strings to add to.
      library: the Target of the attribute `tflm`.
    """
    if CcInfo in library:
        return
    if library.label == Label("//sni_rules:no_tflm"):
        problems.append(_DECLARE)
    else:
        problems.append("tflm = \"%s\": not a C++ library (a cc_library, as " % label_text(library.label) +
                        "@tflite_micro//tensorflow/lite/micro:micro_framework)")

def tflm_sources(ctx, tool, c_name, model):
    """Registers the action that makes a model's C++.

    Args:
      ctx: the rule's context.
      tool: FilesToRunProvider of //tools/tflm.
      c_name: string, prefix of the generated names.
      model: File, the `.tflite`.

    Returns:
      struct of Files: `engine` (C++), `header` (C++), `model` (C) and `probe` (C).
    """
    made = struct(
        engine = ctx.actions.declare_file(c_name + "_tflm.cc"),
        header = ctx.actions.declare_file(c_name + "_resolver.h"),
        model = ctx.actions.declare_file(c_name + "_tflite.c"),
        probe = ctx.actions.declare_file(c_name + "_probe.c"),
    )
    args = ctx.actions.args()
    args.add("sources")
    args.add(model)
    args.add("--name", c_name)
    args.add_all("--out", [made.model], map_each = _dirname)
    ctx.actions.run(
        mnemonic = "TflmSources",
        progress_message = "Making C++ for TensorFlow Lite Micro of %{input} for %{label}",
        executable = tool,
        arguments = [args],
        inputs = [model],
        outputs = [made.engine, made.header, made.model, made.probe],
        execution_requirements = {"supports-path-mapping": "1"},
    )
    return made

def _dirname(file):
    return file.dirname

def tflm_objects(ctx, made):
    """Compiles a model's C++ and the model itself, for whoever calls them.

    Args:
      ctx: the rule's context.
      made: struct of tflm_sources().

    Returns:
      CcCompilationOutputs.
    """
    cc = c_toolchain(ctx)
    engine = compile_c(
        ctx,
        cc,
        name = ctx.label.name + "_tflm",
        srcs = [made.engine],
        copts = cxx_copts(ctx, _FLAGS + ctx.attr.copts),
        compilation_contexts = [ctx.attr.tflm[CcInfo].compilation_context],
        private_hdrs = [made.header],
        quote_includes = [made.header.dirname],
    )[1]
    table = compile_c(
        ctx,
        cc,
        name = ctx.label.name + "_tflite",
        srcs = [made.model],
        copts = generated_copts(ctx, []),
    )[1]
    return cc_common.merge_compilation_outputs(compilation_outputs = [engine, table])

def tflm_library(ctx, objects):
    """The objects and the library itself, for linking.

    Args:
      ctx: the rule's context.
      objects: CcCompilationOutputs of tflm_objects().

    Returns:
      CcInfo.
    """
    cc = c_toolchain(ctx)
    linking_context, _ = cc_common.create_linking_context_from_compilation_outputs(
        name = ctx.label.name + "_tflm",
        actions = ctx.actions,
        cc_toolchain = cc.toolchain,
        compilation_outputs = objects,
        disallow_dynamic_library = True,
        feature_configuration = cc.features,
        linking_contexts = [ctx.attr.tflm[CcInfo].linking_context],
        user_link_flags = ["-lm"],
    )
    return CcInfo(linking_context = linking_context)

def can_run(ctx):
    """Whether a program for the target platform can be run while building.

    Args:
      ctx: the rule's context, with PROGRAM_ATTRS.

    Returns:
      bool.
    """
    return bool(ctx.toolchains[EMULATOR_TOOLCHAIN_TYPE]) or not is_bare_metal(ctx)

def find_arena(ctx, tool, made, library):
    """Registers the actions that find the smallest arena: a program for the target is linked and run.

    Args:
      ctx: the rule's context, with PROGRAM_ATTRS and the attributes `arena_size` and `_probe`.
      tool: FilesToRunProvider of //tools/tflm.
      made: struct of tflm_sources().
      library: CcInfo of tflm_library().

    Returns:
      File: JSON.
    """
    cc = c_toolchain(ctx)
    probe = ctx.attr._probe[CcInfo]
    glue = compile_c(
        ctx,
        cc,
        name = ctx.label.name + "_probe",
        srcs = [made.probe],
        copts = generated_copts(ctx, []),
        compilation_contexts = [probe.compilation_context],
    )[1]
    program = link_program(ctx, cc, ctx.label.name + "_probe", glue, [probe, library])
    script, files = launcher(ctx, program, ctx.label.name + "_probe_emulated")
    arena = ctx.actions.declare_file(ctx.label.name + "_arena.json")
    args = ctx.actions.args()
    args.add("arena")
    args.add(script or program)
    args.add("--target", label_text(ctx.label))
    if ctx.attr.arena_size:
        args.add("--arena_size", ctx.attr.arena_size)
    args.add("--out", arena)
    ctx.actions.run(
        mnemonic = "TflmArena",
        progress_message = "Finding the smallest arena of %{label}",
        executable = tool,
        arguments = [args],
        inputs = files + ([script] if script else []),
        outputs = [arena],
        # The emulator is looked for on PATH.
        use_default_shell_env = True,
    )
    return arena

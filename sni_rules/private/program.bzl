"""Programs around a model: the glue to its engine, linking, and running under an emulator."""

load("@rules_cc//cc/common:cc_common.bzl", "cc_common")
load("@rules_cc//cc/common:cc_info.bzl", "CcInfo")
load("//platforms/emulators:emulator.bzl", "LAUNCHER_ATTRS")
load("//sni_rules:providers.bzl", "SniModelInfo")
load(":cc.bzl", "compile_c", "generated_copts")
load(":problems.bzl", "label_text")

PROGRAM_ATTRS = LAUNCHER_ATTRS | {
    "system": attr.label(
        default = "//platforms:system",
        doc = """What the program needs around it: start-up code and linker script of QEMU's boards by default, and nothing on
Linux. For firmware that brings its own: `None`, or a `cc_library` with them.""",
        providers = [CcInfo],
    ),
    "_bare_metal": attr.label(
        default = "@platforms//os:none",
    ),
}

def check_model(problems, model):
    """Adds a problem if a target is no compiled model.

    Args:
      problems: list of strings to add to.
      model: the Target of the attribute `model`.
    """
    if SniModelInfo not in model:
        problems.append("model = \"%s\": not a compiled model (the label of an sni_model target)" %
                        label_text(model.label))

def engine_objects(ctx, cc, main, streams, copts):
    """Compiles the glue between a model and a program with main(): here, since the number of streams is fixed in it.

    Args:
      ctx: the rule's context, with the attribute `model`.
      cc: struct of c_toolchain().
      main: CcInfo of the program's library.
      streams: integer, 0 for the default.
      copts: list of strings.

    Returns:
      CcCompilationOutputs.
    """
    return compile_c(
        ctx,
        cc,
        name = ctx.label.name,
        srcs = [ctx.attr.model[SniModelInfo].engine],
        copts = generated_copts(ctx, copts),
        compilation_contexts = [ctx.attr.model[CcInfo].compilation_context, main.compilation_context],
        local_defines = ["SNI_STREAMS=%d" % streams] if streams else [],
    )[1]

def is_bare_metal(ctx):
    """Whether the target platform has no operating system.

    Args:
      ctx: the rule's context, with PROGRAM_ATTRS.

    Returns:
      bool.
    """
    return ctx.target_platform_has_constraint(ctx.attr._bare_metal[platform_common.ConstraintValueInfo])

def link_program(ctx, cc, name, objects, deps, **kwargs):
    """Links a program.

    Args:
      ctx: the rule's context, with PROGRAM_ATTRS.
      cc: struct of c_toolchain().
      name: string, of the program; on bare metal it gets `.elf`.
      objects: CcCompilationOutputs.
      deps: list of CcInfo.
      **kwargs: further arguments of cc_common.link.

    Returns:
      File.
    """

    # First: it is what refers to main().
    system = [ctx.attr.system[CcInfo]] if ctx.attr.system else []
    return cc_common.link(
        name = name + (".elf" if is_bare_metal(ctx) else ""),
        actions = ctx.actions,
        cc_toolchain = cc.toolchain,
        compilation_outputs = objects,
        feature_configuration = cc.features,
        linking_contexts = [dep.linking_context for dep in system + deps],
        output_type = "executable",
        **kwargs
    ).executable

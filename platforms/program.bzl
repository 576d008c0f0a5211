"""Programs and tests that are built for a platform of their own, whatever --platforms says."""

load("//platforms/emulators:emulator.bzl", "LAUNCHER_ATTRS", "launcher", "use_emulator_toolchain")

def _for_platform_impl(settings, attr):
    return {
        "//command_line_option:platforms": [attr.platform] if attr.platform else settings["//command_line_option:platforms"],
    }

# A transition of the whole rule, so that its toolchains are the platform's as well.
for_platform = transition(
    implementation = _for_platform_impl,
    inputs = ["//command_line_option:platforms"],
    outputs = ["//command_line_option:platforms"],
)

def _program_of(target):
    """The program itself, where the executable is the script that runs it."""
    groups = target[OutputGroupInfo] if OutputGroupInfo in target else None
    files = getattr(groups, "program", depset()).to_list() if groups else []
    return files[0] if files else target[DefaultInfo].files_to_run.executable

def _platform_program_impl(ctx):
    inner = _program_of(ctx.attr.program)
    program = ctx.actions.declare_file(ctx.label.name + (".elf" if inner.extension == "elf" else ""))
    ctx.actions.symlink(output = program, target_file = inner, is_executable = True)
    script, files = launcher(ctx, program, ctx.label.name + "_emulated")
    return [
        DefaultInfo(
            executable = script or program,
            files = depset([program]),
            runfiles = ctx.runfiles(files = files).merge(ctx.attr.program[DefaultInfo].default_runfiles),
        ),
        OutputGroupInfo(program = depset([program])),
    ]

_ATTRS = LAUNCHER_ATTRS | {
    "platform": attr.string(
        doc = "The platform's label. Without it that of the command line.",
    ),
    "program": attr.label(
        doc = "An `sni_binary`, `cc_binary` or the like.",
        executable = True,
        cfg = "target",
        mandatory = True,
    ),
    "_allowlist_function_transition": attr.label(
        default = "@bazel_tools//tools/allowlists/function_transition_allowlist",
    ),
}

_platform_binary = rule(
    implementation = _platform_program_impl,
    attrs = _ATTRS,
    cfg = for_platform,
    executable = True,
    toolchains = use_emulator_toolchain(),
)

_platform_test = rule(
    implementation = _platform_program_impl,
    attrs = _ATTRS,
    cfg = for_platform,
    test = True,
    toolchains = use_emulator_toolchain(),
)

def platform_binary(name, program, platform, **kwargs):
    """A program, built for a platform whatever `--platforms` says, and run under its emulator.

    Args:
      name: of the target; its program is the file NAME, on bare metal NAME.elf.
      program: label of an `sni_binary`, a `cc_binary` or the like.
      platform: label of the platform, as `@sni_rules//platforms:cortex_m4`.
      **kwargs: further attributes.
    """
    _platform_binary(name = name, program = program, platform = str(native.package_relative_label(platform)), **kwargs)

def platform_test(name, program, platform, **kwargs):
    """A program as a test that passes with exit status 0, on a platform whatever `--platforms` says.

    Args:
      name: of the test.
      program: label of a `cc_binary` or the like.
      platform: label of the platform, as `@sni_rules//platforms:cortex_m4`.
      **kwargs: further attributes, as `args` and `size`.
    """
    _platform_test(name = name, program = program, platform = str(native.package_relative_label(platform)), **kwargs)

"""What runs a program of another platform on the machine that builds: the rule `emulator`."""

EmulatorInfo = provider(
    doc = "An emulator, as toolchains of type `//platforms:emulator_toolchain_type` offer it.",
    fields = {
        "arguments": "list of strings: its arguments, before those that name the program.",
        "command": "string: its command, looked for on PATH when a program is run.",
        "counter": "FilesToRunProvider or None: what counts the instructions of a benchmark; called with the emulator's whole " +
                   "command as its arguments.",
        "package": "string: what to install where it is missing (on Debian and its like).",
        "semihosting": "bool: the program is a kernel image, and its arguments are passed by semihosting; otherwise both " +
                       "just follow.",
    },
)

def _emulator_impl(ctx):
    return [platform_common.ToolchainInfo(emulator = EmulatorInfo(
        arguments = ctx.attr.arguments,
        command = ctx.attr.command,
        counter = ctx.attr.counter[DefaultInfo].files_to_run if ctx.attr.counter else None,
        package = ctx.attr.package,
        semihosting = ctx.attr.semihosting,
    ))]

emulator = rule(
    implementation = _emulator_impl,
    doc = """An emulator, for a `toolchain` of type `@sni_rules//platforms:emulator_toolchain_type`.

With one that fits the target platform, `bazel run` and `bazel test` run an `sni_binary` under it.
""",
    attrs = {
        "arguments": attr.string_list(doc = "Its arguments, before those that name the program."),
        "command": attr.string(doc = "Its command, looked for on `PATH` when a program is run.", mandatory = True),
        "counter": attr.label(
            cfg = "exec",
            doc = "What counts the instructions of a benchmark, where the emulated machine cannot itself: a program that is " +
                  "called with the emulator's whole command. It is used when the program's first argument is `bench`.",
            executable = True,
        ),
        "package": attr.string(doc = "What to install where it is missing, for the error that says so.", mandatory = True),
        "semihosting": attr.bool(
            doc = "Whether the program is a kernel image that gets its arguments by semihosting; otherwise both just follow.",
        ),
    },
    provides = [platform_common.ToolchainInfo],
)

EMULATOR_TOOLCHAIN_TYPE = Label("//platforms:emulator_toolchain_type")

def use_emulator_toolchain():
    """What a rule that makes programs adds to its `toolchains`: none is needed where programs run as they are.

    Returns:
      list of toolchain types.
    """
    return [config_common.toolchain_type(EMULATOR_TOOLCHAIN_TYPE, mandatory = False)]

def launcher(ctx, program, name):
    """Writes the script that runs a program under the target platform's emulator.

    Args:
      ctx: the rule's context; it has `use_emulator_toolchain()` and the attribute `_launcher` of LAUNCHER_ATTRS.
      program: File.
      name: string, of the script.

    Returns:
      (File, list of Files): the script, and what it needs beside it, the program among them. The script is None where
      programs run as they are.
    """
    toolchain = ctx.toolchains[EMULATOR_TOOLCHAIN_TYPE]
    if not toolchain:
        return None, [program]
    info = toolchain.emulator
    files = [program]
    if info.counter:
        # Beside the program, where it is found however the script is called.
        counter = ctx.actions.declare_file(name + ".counter")
        ctx.actions.symlink(output = counter, target_file = info.counter.executable, is_executable = True)
        files.append(counter)
    script = ctx.actions.declare_file(name)
    ctx.actions.expand_template(
        template = ctx.file._launcher,
        output = script,
        is_executable = True,
        substitutions = {
            "{arguments}": " ".join(["'%s'" % argument for argument in info.arguments]),
            "{command}": info.command,
            "{counter}": files[1].basename if info.counter else "",
            "{package}": info.package,
            "{program}": program.basename,
            "{semihosting}": "yes" if info.semihosting else "no",
        },
    )
    return script, files

LAUNCHER_ATTRS = {
    "_launcher": attr.label(
        allow_single_file = True,
        default = "//platforms/emulators:launcher.sh",
    ),
}

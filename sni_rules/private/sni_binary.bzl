"""The rule sni_binary."""

load("@rules_cc//cc/common:cc_info.bzl", "CcInfo")
load("//platforms/emulators:emulator.bzl", "launcher", "use_emulator_toolchain")
load("//sni_rules:providers.bzl", "SniModelInfo")
load(":cc.bzl", "CC_FRAGMENTS", "c_toolchain", "compile_c", "use_c_toolchain")
load(":problems.bzl", "fail_with")
load(":program.bzl", "PROGRAM_ATTRS", "check_model", "engine_objects", "link_program")

_HEADERS = ["h", "hh", "hpp", "inc"]

def _check(ctx):
    problems = []
    check_model(problems, ctx.attr.model)
    if ctx.attr.max_keys < 0:
        problems.append("max_keys = %d: a number of streams (1 or more; leave it out for the default)" % ctx.attr.max_keys)
    if ctx.attr.max_keys and ctx.attr.srcs:
        problems.append("max_keys = %d: sizes the runner, and srcs takes the runner's place (remove one of the two)" %
                        ctx.attr.max_keys)
    fail_with(ctx.label, problems)

def _user_objects(ctx, cc, deps):
    return compile_c(
        ctx,
        cc,
        name = ctx.label.name,
        srcs = [file for file in ctx.files.srcs if file.extension not in _HEADERS],
        copts = ctx.attr.copts,
        compilation_contexts = [dep.compilation_context for dep in deps],
        private_hdrs = [file for file in ctx.files.srcs if file.extension in _HEADERS],
    )[1]

def _sni_binary_impl(ctx):
    _check(ctx)
    cc = c_toolchain(ctx)
    info = ctx.attr.model[SniModelInfo]
    deps = [ctx.attr.model[CcInfo]] + [dep[CcInfo] for dep in ctx.attr.deps]
    if ctx.attr.srcs:
        objects = _user_objects(ctx, cc, deps)
    else:
        runner = ctx.attr._runner[CcInfo]
        objects = engine_objects(ctx, cc, runner, ctx.attr.max_keys, ctx.attr.copts)
        deps = [runner] + deps

    program = link_program(
        ctx,
        cc,
        ctx.label.name,
        objects,
        deps,
        additional_inputs = ctx.files.additional_linker_inputs,
        user_link_flags = [
            ctx.expand_location(flag, targets = ctx.attr.additional_linker_inputs)
            for flag in ctx.attr.linkopts
        ],
    )
    script, files = launcher(ctx, program, ctx.label.name + "_emulated")
    runfiles = ctx.runfiles(files = ctx.files.data + files).merge_all([
        target[DefaultInfo].default_runfiles
        for target in ctx.attr.data + ctx.attr.deps + [ctx.attr.model]
    ])
    return [
        DefaultInfo(
            executable = script or program,
            files = depset([program]),
            runfiles = runfiles,
        ),
        OutputGroupInfo(
            program = depset([program]),
            report = depset([info.report_arena, info.report_json, info.report_text]),
        ),
    ]

sni_binary = rule(
    implementation = _sni_binary_impl,
    doc = """A program around one model: the ready streaming program, or your own `main`.

```starlark
sni_binary(
    name = "detect",
    model = ":detector",
)
```

`bazel run //app:detect -- --help` shows what the streaming program reads and writes. With `srcs` the program is made of
these files in its place; it is then what a `cc_binary` over the model would be.

The program is the file NAME, on bare metal NAME.elf. On a platform with an emulator (`--platforms=//platforms:cortex_m4`,
for one) `bazel run` and `bazel test` run it there, by a script NAME_emulated beside it.

Output groups: `program`, the program alone; `report`, the model's report.
""",
    attrs = PROGRAM_ATTRS | {
        "additional_linker_inputs": attr.label_list(
            allow_files = True,
            doc = "Files that `linkopts` names, as linker scripts: `linkopts = [\"-T\", \"$(location flash.ld)\"]`.",
        ),
        "copts": attr.string_list(
            doc = "Flags for compiling `srcs`, or the glue between runner and model; one flag in each string.",
        ),
        "data": attr.label_list(
            allow_files = True,
            doc = "Files that the program reads when it is run by Bazel.",
        ),
        "deps": attr.label_list(
            doc = "C and C++ libraries that `srcs` needs.",
            providers = [CcInfo],
        ),
        "linkopts": attr.string_list(
            doc = "Flags for linking, one in each string. `$(location ...)` of `additional_linker_inputs` is expanded.",
        ),
        "max_keys": attr.int(
            doc = """For how many different keys (vessels, machines, ...) the program keeps a state at once. Memory for all of them
is static. By default 1024 if the model's pipeline has a key, and 1 if it has none.""",
        ),
        "model": attr.label(
            allow_files = True,
            doc = "An `sni_model`.",
            mandatory = True,
        ),
        "srcs": attr.label_list(
            allow_files = [".c", ".cc", ".cpp"] + ["." + extension for extension in _HEADERS],
            doc = "The program's own sources, with `main`, in place of the streaming program. Optional.",
        ),
        "_runner": attr.label(
            default = "//sni_rules/runtime:runner",
            providers = [CcInfo],
        ),
    },
    executable = True,
    fragments = CC_FRAGMENTS,
    toolchains = use_c_toolchain() + use_emulator_toolchain(),
)

"""The rule sni_size_report."""

load("@rules_cc//cc:find_cc_toolchain.bzl", "find_cc_toolchain", "use_cc_toolchain")
load("//sni_rules:providers.bzl", "SniSizeInfo")
load(":platforms.bzl", "for_each_platform", "short_platform")
load(":problems.bzl", "fail_with", "label_text")

_ProgramSizeInfo = provider(
    doc = "The size of a target that is a program.",
    fields = {"size": "SniSizeInfo, or None where the target is neither model nor program."},
)

def _program(target):
    """The program of a target, also where its executable is the script that runs it; None if there is none."""
    if OutputGroupInfo in target:
        files = getattr(target[OutputGroupInfo], "program", depset()).to_list()
        if files:
            return files[0]
    return target[DefaultInfo].files_to_run.executable if DefaultInfo in target else None

def _program_size_impl(target, ctx):
    program = None if SniSizeInfo in target else _program(target)
    if not program:
        return [_ProgramSizeInfo(size = target[SniSizeInfo] if SniSizeInfo in target else None)]
    toolchain = find_cc_toolchain(ctx)
    json = ctx.actions.declare_file(target.label.name + "_program_size.json")
    args = ctx.actions.args()
    args.add("program")
    args.add(program)
    args.add("--objdump", toolchain.objdump_executable or "objdump")
    args.add("--json", json)
    ctx.actions.run(
        mnemonic = "SniSize",
        progress_message = "Measuring %{label}",
        executable = ctx.executable._size,
        arguments = [args],
        inputs = [program],
        outputs = [json],
        tools = [toolchain.all_files],
    )
    return [_ProgramSizeInfo(size = SniSizeInfo(json = json, text = None))]

# Runs in the configuration of the target, where the toolchain is the one that made it.
_program_size = aspect(
    implementation = _program_size_impl,
    attrs = {
        "_size": attr.label(
            cfg = "exec",
            default = "//tools/size",
            executable = True,
        ),
    },
    toolchains = use_cc_toolchain(),
)

def _sni_size_report_impl(ctx):
    problems = []
    rows = []
    split = ctx.split_attr.targets if ctx.attr.targets else {}
    for platform, targets in split.items():
        for target in targets:
            size = target[_ProgramSizeInfo].size if _ProgramSizeInfo in target else None
            if size:
                rows.append((label_text(target.label), platform, size))
            elif platform == split.keys()[0]:
                problems.append("targets: \"%s\": neither a model nor a program (an sni_model, sni_binary, cc_binary or " %
                                label_text(target.label) + "the like)")
    if not ctx.attr.targets:
        problems.append("targets = []: nothing to compare (labels of models and programs)")
    fail_with(ctx.label, problems)

    # All platforms of a target beside each other.
    rows = [row for target in split.values()[0] for row in rows if row[0] == label_text(target.label)]

    text = ctx.actions.declare_file(ctx.label.name + ".txt")
    json = ctx.actions.declare_file(ctx.label.name + ".json")
    args = ctx.actions.args()
    args.add("compare")
    for label, platform, size in rows:
        args.add_all("--row", [label, short_platform(platform), size.json])
    args.add("--json", json)
    args.add("--text", text)
    ctx.actions.run(
        mnemonic = "SniSizeReport",
        progress_message = "Comparing sizes for %{label}",
        executable = ctx.executable._size,
        arguments = [args],
        inputs = [size.json for _, _, size in rows],
        outputs = [json, text],
    )
    details = []
    for label, platform, size in rows:
        link = ctx.actions.declare_file("%s_details/%s/%s.json" % (
            ctx.label.name,
            short_platform(platform),
            label.removeprefix("//").replace(":", "/"),
        ))
        ctx.actions.symlink(output = link, target_file = size.json)
        details.append(link)
    script = ctx.actions.declare_file(ctx.label.name)
    ctx.actions.write(script, "#!/bin/sh\nexec cat \"${0%%/*}/%s\"\n" % text.basename, is_executable = True)
    return [
        DefaultInfo(
            executable = script,
            files = depset([text, json]),
            runfiles = ctx.runfiles(files = [text, json]),
        ),
        OutputGroupInfo(details = depset(details)),
    ]

sni_size_report = rule(
    implementation = _sni_size_report_impl,
    doc = """Compares models and programs on platforms: flash, RAM and the bound of the stack, in one table.

```starlark
sni_size_report(
    name = "sizes",
    platforms = [
        "@sni_rules//platforms:armv7l",
        "@sni_rules//platforms:cortex_m4",
    ],
    targets = [
        ":detector_model",
        ":firmware",
    ],
)
```

`bazel build //app:sizes` makes NAME.txt and NAME.json, and prints the table when it has changed; `bazel run //app:sizes` prints
it at any time. Output group `details`: NAME_details/PLATFORM/PACKAGE/TARGET.json, what takes the space. A model counts as an image that calls it, less the same image without it; a program counts as a whole
([what counts](size.md)).
""",
    attrs = {
        "platforms": attr.label_list(
            doc = "The platforms to build each target for. By default the one of the command line.",
            providers = [platform_common.PlatformInfo],
        ),
        "targets": attr.label_list(
            allow_files = True,
            aspects = [_program_size],
            cfg = for_each_platform,
            doc = "Models (`sni_model`) and programs (`sni_binary`, `cc_binary` and the like).",
        ),
        "_allowlist_function_transition": attr.label(
            default = "@bazel_tools//tools/allowlists/function_transition_allowlist",
        ),
        "_size": attr.label(
            cfg = "exec",
            default = "//tools/size",
            executable = True,
        ),
    },
    executable = True,
)

"""The macro sni_comparison, and the test that it makes."""

load("//sni_rules:providers.bzl", "SniModelInfo", "SniSizeInfo")
load(":engines.bzl", "ENGINES", "check_engines")
load(":platforms.bzl", "for_each_platform", "short_platform")

def _measure(ctx, platform, engine, program, model):
    """One engine on one platform, as a file of figures."""
    name = short_platform(platform)
    cell = ctx.actions.declare_file("%s_cells/%s_%s.json" % (ctx.label.name, name, engine))
    info = model[SniModelInfo]
    size = model[SniSizeInfo]
    args = ctx.actions.args()
    args.add("measure")
    args.add("--platform", name)
    args.add("--program", program[DefaultInfo].files_to_run.executable)
    args.add("--size", size.json)
    args.add("--report", info.report_json)
    args.add("--out", cell)
    ctx.actions.run(
        mnemonic = "SniCompare",
        progress_message = "Running %s on %s for %%{label}" % (engine, name),
        executable = ctx.executable._compare,
        arguments = [args],
        inputs = depset(
            [size.json, info.report_json],
            transitive = [program[DefaultInfo].default_runfiles.files, program[DefaultInfo].files],
        ),
        outputs = [cell],
        tools = [program[DefaultInfo].files_to_run],
        # Emulators and Valgrind are looked for where programs are run.
        use_default_shell_env = True,
    )
    return cell

def _comparison_impl(ctx):
    cells = []

    # In the order in which the user names them, not in that of the configurations.
    order = [str(platform.label) for platform in ctx.attr.platforms] or ctx.split_attr.programs.keys()
    for platform in order:
        programs = ctx.split_attr.programs[platform]
        models = ctx.split_attr.models[platform]
        for engine, program, model in zip(ctx.attr.engines, programs, models):
            cells.append(_measure(ctx, platform, engine, program, model))

    json = ctx.actions.declare_file(ctx.label.name + ".json")
    markdown = ctx.actions.declare_file(ctx.label.name + ".md")
    args = ctx.actions.args()
    args.add("table")
    args.add_all(cells)
    args.add("--json", json)
    args.add("--markdown", markdown)
    ctx.actions.run(
        mnemonic = "SniComparison",
        progress_message = "Comparing engines for %{label}",
        executable = ctx.executable._compare,
        arguments = [args],
        inputs = cells,
        outputs = [json, markdown],
    )

    limits = ["'--limit=%s=%s'" % (key, ratio) for key, ratio in ctx.attr.max_ratio.items()]
    script = ctx.actions.declare_file(ctx.label.name)
    ctx.actions.write(script, "#!/bin/sh\nexec %s check %s\n" % (
        ctx.executable._compare.short_path,
        " ".join([cell.short_path for cell in cells] + limits),
    ), is_executable = True)
    return [
        DefaultInfo(
            executable = script,
            files = depset([json, markdown]),
            runfiles = ctx.runfiles(files = cells).merge(ctx.attr._compare[DefaultInfo].default_runfiles),
        ),
        OutputGroupInfo(cells = depset(cells)),
    ]

_comparison_test = rule(
    implementation = _comparison_impl,
    attrs = {
        "engines": attr.string_list(mandatory = True),
        "max_ratio": attr.string_dict(),
        "models": attr.label_list(
            cfg = for_each_platform,
            mandatory = True,
            providers = [SniModelInfo, SniSizeInfo],
        ),
        "platforms": attr.label_list(providers = [platform_common.PlatformInfo]),
        "programs": attr.label_list(cfg = for_each_platform, mandatory = True),
        "_allowlist_function_transition": attr.label(
            default = "@bazel_tools//tools/allowlists/function_transition_allowlist",
        ),
        "_compare": attr.label(
            cfg = "exec",
            default = "//tools/compare",
            executable = True,
        ),
    },
    test = True,
)

def sni_comparison(
        name,
        model,
        pipeline = None,
        engines = ["sni", "microtvm"],
        platforms = [],
        max_ratio = {},
        options = {},
        testonly = None,
        tags = [],
        visibility = None,
        **kwargs):
    """The same program on several engines and platforms: what each costs, in one table.

    ```starlark
    sni_comparison(
        name = "detector_comparison",
        engines = ["sni", "microtvm"],
        max_ratio = {
            "cortex_m4/instructions": "0.5",
            "microtvm/flash": "0.9",
        },
        model = "detector.tflite",
        pipeline = "detector.json",
        platforms = [
            "@sni_rules//platforms:armv7l",
            "@sni_rules//platforms:cortex_m4",
        ],
    )
    ```

    `bazel build` builds all programs, runs them (under emulation, where the platform is not the machine's own) and makes
    NAME.md, a table, and NAME.json; `bazel run` prints the table; `bazel test` fails where a figure of the first engine is
    more than `max_ratio` of another's. Runs are actions like any other, and cached. For each engine and platform: instructions
    of one inference, flash and RAM of a linked image less the same image without the model, the bound of the stack, the
    arena, the time of setting up, and whether 16 inferences on random inputs give the same bits, or how far they are apart.

    Instructions are counted by QEMU; on the machine itself by its kernel, or else by Valgrind where that is installed.

    Makes NAME_ENGINE and NAME_ENGINE_model for each engine.

    Args:
      name: name of the target.
      model: the network: a `.tflite` file, or a target that makes one.
      pipeline: a `.json` file that describes pre- and post-processing. Optional.
      engines: of `sni`, `microtvm`, `tflm`; the others are compared with the first one.
      platforms: labels. By default the platform of the command line.
      max_ratio: what the first engine's figures may be at most, as parts of another's: a dictionary from `FIGURE`,
        `PLATFORM/FIGURE`, `ENGINE/FIGURE` or `PLATFORM/ENGINE/FIGURE` to a number in a string. FIGURE is `instructions`,
        `flash`, `ram`, `stack`, `arena` or `setup_ns`.
      options: a dictionary from an engine to further attributes of its model or binary, as `{"sni": {"optimize": "speed"}}`.
      testonly: as of every target.
      tags: as of every target.
      visibility: as of every target.
      **kwargs: further attributes of the test, as `size`.
    """
    problems = []
    check_engines(problems, engines)
    for engine in options:
        if engine not in engines:
            problems.append("options: \"%s\" is none of the engines here (%s)" % (engine, ", ".join(engines)))
    if problems:
        fail("\n" + "\n".join(["sni_comparison(name = \"%s\"): %s" % (name, problem) for problem in problems]))

    for engine in engines:
        ENGINES[engine].make(
            "%s_%s" % (name, engine),
            model,
            pipeline,
            {"tags": tags, "testonly": testonly},
            **options.get(engine, {})
        )
    _comparison_test(
        name = name,
        engines = engines,
        max_ratio = max_ratio,
        models = [":%s_%s_model" % (name, engine) for engine in engines],
        platforms = platforms,
        programs = [":%s_%s" % (name, engine) for engine in engines],
        tags = tags,
        testonly = testonly,
        visibility = visibility,
        **kwargs
    )

"""The rule sni_test."""

load("@rules_cc//cc/common:cc_info.bzl", "CcInfo")
load("//platforms:program.bzl", "for_platform")
load("//platforms/emulators:emulator.bzl", "launcher", "use_emulator_toolchain")
load("//sni_rules:providers.bzl", "SniModelInfo")
load(":cc.bzl", "CC_FRAGMENTS", "c_toolchain", "use_c_toolchain")
load(":problems.bzl", "fail_with", "single_file")
load(":program.bzl", "PROGRAM_ATTRS", "check_model", "engine_objects", "link_program")

def _is_number(text):
    digits = text.lower().replace("e-", "").replace("e+", "").replace("e", "").replace(".", "")
    return digits.isdigit() and text.count(".") <= 1 and text.lower().count("e") <= 1 and text[0].isdigit()

def _golden(ctx, samples, report):
    out = ctx.actions.declare_file(ctx.label.name + ".golden")
    args = ctx.actions.args()
    args.add(samples)
    args.add("--report", report)
    args.add("--tolerance", ctx.attr.tolerance)
    args.add("--out", out)
    ctx.actions.run(
        mnemonic = "SniGolden",
        progress_message = "Reading golden samples for %{label}",
        executable = ctx.attr._golden[DefaultInfo].files_to_run,
        arguments = [args],
        inputs = [samples, report],
        outputs = [out],
        execution_requirements = {"supports-path-mapping": "1"},
    )
    return out

def _sni_test_impl(ctx):
    problems = []
    check_model(problems, ctx.attr.model)
    samples = single_file(problems, "golden", ctx.attr.golden, ["npz"], hints = {
        "npy": "one array; np.savez(\"golden.npz\", input = ..., output = ...) keeps two",
    })
    if not _is_number(ctx.attr.tolerance):
        problems.append("tolerance = \"%s\": not a number (as \"1e-5\")" % ctx.attr.tolerance)
    fail_with(ctx.label, problems)

    cc = c_toolchain(ctx)
    main = ctx.attr._main[CcInfo]
    program = link_program(
        ctx,
        cc,
        ctx.label.name + "_program",
        engine_objects(ctx, cc, main, 1, []),
        [main, ctx.attr.model[CcInfo]],
    )
    golden = _golden(ctx, samples, ctx.attr.model[SniModelInfo].report_json)
    run, files = launcher(ctx, program, ctx.label.name + "_emulated")
    script = ctx.actions.declare_file(ctx.label.name)
    ctx.actions.expand_template(
        template = ctx.file._script,
        output = script,
        is_executable = True,
        substitutions = {
            "{golden}": golden.basename,
            "{program}": (run or program).basename,
        },
    )
    return [DefaultInfo(
        executable = script,
        runfiles = ctx.runfiles(files = files + [golden] + ([run] if run else [])),
    )]

_sni_test = rule(
    implementation = _sni_test_impl,
    attrs = PROGRAM_ATTRS | {
        "golden": attr.label(
            allow_files = True,
            mandatory = True,
        ),
        "model": attr.label(
            allow_files = True,
            mandatory = True,
        ),
        "platform": attr.string(),
        "tolerance": attr.string(default = "1e-5"),
        "_allowlist_function_transition": attr.label(
            default = "@bazel_tools//tools/allowlists/function_transition_allowlist",
        ),
        "_golden": attr.label(
            cfg = "exec",
            default = "//tools/golden",
            executable = True,
        ),
        "_main": attr.label(
            default = "//sni_rules/runtime:golden",
            providers = [CcInfo],
        ),
        "_script": attr.label(
            allow_single_file = True,
            default = "//sni_rules/private:golden_test.sh",
        ),
    },
    cfg = for_platform,
    fragments = CC_FRAGMENTS,
    test = True,
    toolchains = use_c_toolchain() + use_emulator_toolchain(),
)

def sni_test(name, model, golden, tolerance = "1e-5", platforms = [], **kwargs):
    """Checks a model against golden inputs and outputs, on the target itself.

    ```starlark
    sni_test(
        name = "detector_test",
        golden = "golden.npz",
        model = ":detector_model",
        platforms = [
            "@sni_rules//platforms:armv7l",
            "@sni_rules//platforms:cortex_m4",
        ],
    )
    ```

    One line of NumPy makes the samples: `np.savez("golden.npz", input=inputs, output=outputs)`, two arrays of shape
    `[samples, ...shape of the tensor]` with the tensors' own elements, quantised as the network has them. A network with
    several inputs or outputs has arrays `input_0`, `input_1`, ..., or arrays named as its tensors. A pipeline takes no part.

    Each sample starts from a fresh state. Integers must have the same bits. The first element that differs is told with
    its sample, output, index, and what was expected and got there, on every sample; then how many there are.

    With `platforms` there is a test for each, NAME_PLATFORM, that is built for it and run under its emulator in any
    `bazel test`, whatever `--platforms` says; NAME is all of them. Without, NAME is a test for the platform of the build.

    Args:
      name: of the test.
      model: label of an `sni_model`.
      golden: label of a `.npz` file, or of a target that makes one.
      tolerance: a number as string: how far elements of float outputs may be off, relative to the largest magnitude in
        the output.
      platforms: list of labels of platforms.
      **kwargs: further attributes, those of every test among them.
    """
    tests = []
    for platform in platforms:
        label = native.package_relative_label(platform)
        tests.append("%s_%s" % (name, label.name))
        _sni_test(
            name = tests[-1],
            golden = golden,
            model = model,
            platform = str(label),
            tolerance = tolerance,
            **kwargs
        )
    if platforms:
        native.test_suite(
            name = name,
            tags = [tag for tag in kwargs.get("tags") or [] if tag == "manual"],
            tests = tests,
        )
    else:
        _sni_test(name = name, golden = golden, model = model, tolerance = tolerance, **kwargs)

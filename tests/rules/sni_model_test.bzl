"""What sni_model gives to the targets that depend on it, and the actions it registers."""

load("@bazel_skylib//lib:unittest.bzl", "analysistest", "asserts")
load("@rules_cc//cc/common:cc_info.bzl", "CcInfo")
load("//sni_rules:defs.bzl", "sni_model")
load("//sni_rules:providers.bzl", "SniModelInfo")
load(":stub.bzl", "actions_of", "stub_analysis_test")

_PACKAGE = "tests/rules"

def _names(files):
    return sorted([file.basename for file in files.to_list()])

# Providers.

def _providers_impl(ctx):
    env = analysistest.begin(ctx)
    target = analysistest.target_under_test(env)

    info = target[SniModelInfo]
    asserts.equals(env, "plain", info.c_name)
    asserts.equals(env, "c99", info.profile)
    asserts.equals(env, "double", info.rounding)
    asserts.equals(env, "balanced", info.optimize)
    asserts.equals(env, None, info.pipeline)
    asserts.equals(env, "tests/testdata/dense_int8.tflite", info.model.short_path)
    for file, name in [
        (info.header, "plain.h"),
        (info.source, "plain.c"),
        (info.weights, "plain_weights.h"),
        (info.engine, "plain_engine.c"),
        (info.report_arena, "plain_arena.svg"),
        (info.report_json, "plain_report.json"),
        (info.report_text, "plain_report.txt"),
    ]:
        asserts.equals(env, _PACKAGE + "/" + name, file.short_path)

    asserts.equals(env, ["libplain.a"], _names(target[DefaultInfo].files))
    groups = target[OutputGroupInfo]
    asserts.equals(env, ["plain_engine.c"], _names(groups.engine))
    asserts.equals(env, ["plain.h"], _names(groups.hdrs))
    asserts.equals(env, ["plain.c", "plain_weights.h"], _names(groups.srcs))
    asserts.equals(env, ["plain_arena.svg", "plain_report.json", "plain_report.txt"], _names(groups.report))
    return analysistest.end(env)

_providers_test = stub_analysis_test(_providers_impl)

def _cc_info_impl(ctx):
    env = analysistest.begin(ctx)
    cc_info = analysistest.target_under_test(env)[CcInfo]
    compilation = cc_info.compilation_context
    asserts.equals(env, ["plain.h"], sorted([file.basename for file in compilation.direct_public_headers]))
    asserts.equals(env, ["plain_weights.h"], sorted([file.basename for file in compilation.direct_private_headers]))

    # Both ways to include: "plain.h" and "tests/rules/plain.h".
    bin_path = analysistest.target_bin_dir_path(env)
    quote_includes = compilation.quote_includes.to_list()
    asserts.true(env, bin_path in quote_includes, "no %s in %s" % (bin_path, quote_includes))
    package_path = bin_path + "/" + _PACKAGE
    asserts.true(env, package_path in quote_includes, "no %s in %s" % (package_path, quote_includes))

    link_flags = []
    for linker_input in cc_info.linking_context.linker_inputs.to_list():
        link_flags += linker_input.user_link_flags
    asserts.equals(env, ["-lm"], link_flags)
    return analysistest.end(env)

_cc_info_test = stub_analysis_test(_cc_info_impl)

# The action that runs the compiler.

def _action_impl(ctx):
    env = analysistest.begin(ctx)
    actions = actions_of(env, "SniCompile")
    asserts.equals(env, 1, len(actions))
    action = actions[0]
    out = analysistest.target_bin_dir_path(env) + "/" + _PACKAGE
    asserts.equals(env, [
        "compile",
        "tests/testdata/dense_int8.tflite",
        "--name",
        "detector",
        "--profile",
        "special",
        "--rounding",
        "single",
        "--pipeline",
        "tests/testdata/dense_pipeline.json",
        "--out",
        out,
    ], action.argv[1:])
    asserts.equals(
        env,
        [
            "detector.c",
            "detector.h",
            "detector_arena.svg",
            "detector_engine.c",
            "detector_report.json",
            "detector_report.txt",
            "detector_weights.h",
        ],
        _names(action.outputs),
    )
    for argument in action.argv:
        asserts.false(env, argument.startswith("/"), "absolute path in an argument: " + argument)
    inputs = [file.path for file in action.inputs.to_list()]
    for path in inputs:
        asserts.false(env, path.startswith("/"), "absolute path among the inputs: " + path)
        asserts.false(env, "tensorflow" in path, "the compiler depends on TensorFlow: " + path)
    for needed in ["tests/testdata/dense_int8.tflite", "tests/testdata/dense_pipeline.json"]:
        asserts.true(env, needed in inputs, "not an input: " + needed)
    asserts.equals(env, {}, action.env)
    return analysistest.end(env)

_action_test = stub_analysis_test(_action_impl)

# Flags of the C compiler: the last one wins, so the order is the contract.

def _copts_of(env):
    compilations = actions_of(env, "CppCompile")
    if not compilations:
        fail("the target under test compiles nothing")
    return compilations[0].argv

def _assert_order(env, argv, flags):
    found = [flag for flag in argv if flag in flags]

    # --copt is there twice: once by Bazel and once, after the defaults, by the rule.
    asserts.equals(env, flags, found[len(found) - len(flags):])

def _copts_impl(ctx):
    env = analysistest.begin(ctx)
    argv = _copts_of(env)
    for flag in ["-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror", "-ffp-contract=off"]:
        asserts.true(env, flag in argv, "missing: " + flag)
    _assert_order(env, argv, ["-O3", "-DFROM_COMMAND_LINE", "-DFROM_TARGET"])
    return analysistest.end(env)

_copts_test = stub_analysis_test(
    _copts_impl,
    config_settings = {
        "//command_line_option:compilation_mode": "fastbuild",
        "//command_line_option:copt": ["-DFROM_COMMAND_LINE"],
    },
)

def _dbg_impl(ctx):
    env = analysistest.begin(ctx)
    asserts.false(env, "-O3" in _copts_of(env), "-O3 in a debug build")
    return analysistest.end(env)

_dbg_test = stub_analysis_test(_dbg_impl, config_settings = {"//command_line_option:compilation_mode": "dbg"})

# What a budget adds: a check that runs with every build of the model or of what depends on it.

def _budget_impl(ctx):
    env = analysistest.begin(ctx)
    target = analysistest.target_under_test(env)
    asserts.equals(env, ["frugal_budget.txt"], _names(target[OutputGroupInfo]._validation))
    asserts.equals(env, ["frugal_size.json", "frugal_size.txt"], _names(target[OutputGroupInfo].size))
    checks = actions_of(env, "SniBudget")
    asserts.equals(env, 1, len(checks))
    argv = checks[0].argv
    limits = [argv[index + 1] for index in range(len(argv)) if argv[index] == "--limit"]
    asserts.equals(env, ["flash=49152", "ram=1536", "stack=1000"], limits)
    asserts.true(env, "//tests/rules:frugal" in argv, "the target is not named: %s" % argv)
    return analysistest.end(env)

_budget_test = stub_analysis_test(_budget_impl)

def _no_budget_impl(ctx):
    env = analysistest.begin(ctx)
    asserts.equals(env, [], _names(analysistest.target_under_test(env)[OutputGroupInfo]._validation))
    asserts.equals(env, [], actions_of(env, "SniBudget"))
    return analysistest.end(env)

_no_budget_test = stub_analysis_test(_no_budget_impl)

def sni_model_test_suite(name):
    """Tests of sni_model, but for its errors.

    Args:
      name: of the test_suite.
    """
    sni_model(
        name = "plain",
        model = "//tests/testdata:dense_int8.tflite",
        tags = ["manual"],
    )
    sni_model(
        name = "with_options",
        c_name = "detector",
        copts = ["-DFROM_TARGET"],
        model = "//tests/testdata:dense_int8.tflite",
        pipeline = "//tests/testdata:dense_pipeline.json",
        profile = "special",
        rounding = "single",
        tags = ["manual"],
    )

    sni_model(
        name = "frugal",
        budget = {
            "flash": "48KB",
            "ram": "1.5 KiB",
            "stack": "1000B",
        },
        model = "//tests/testdata:dense_int8.tflite",
        tags = ["manual"],
    )

    tests = {
        "sni_model_budget_test": (_budget_test, ":frugal"),
        "sni_model_no_budget_test": (_no_budget_test, ":plain"),
        "sni_model_action_test": (_action_test, ":with_options"),
        "sni_model_cc_info_test": (_cc_info_test, ":plain"),
        "sni_model_copts_test": (_copts_test, ":with_options"),
        "sni_model_dbg_test": (_dbg_test, ":plain"),
        "sni_model_providers_test": (_providers_test, ":plain"),
    }
    for test_name, (test, target) in tests.items():
        test(name = test_name, target_under_test = target)
    native.test_suite(name = name, tests = tests.keys())

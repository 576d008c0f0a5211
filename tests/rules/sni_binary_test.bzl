"""What sni_binary compiles and links."""

load("@bazel_skylib//lib:unittest.bzl", "analysistest", "asserts")
load("//sni_rules:defs.bzl", "sni_binary")
load(":stub.bzl", "actions_of", "stub_analysis_test")

def _basenames(files):
    return [file.basename for file in files]

def _runner_impl(ctx):
    env = analysistest.begin(ctx)
    compilations = actions_of(env, "CppCompile")
    for compilation in compilations:
        inputs = _basenames(compilation.inputs.to_list())
        asserts.true(env, "plain_engine.c" in inputs, "the glue is not compiled: %s" % inputs)
        asserts.true(env, "-DSNI_STREAMS=7" in compilation.argv, "no -DSNI_STREAMS=7: %s" % compilation.argv)
        asserts.true(env, "-std=c99" in compilation.argv, "no -std=c99: %s" % compilation.argv)
    links = actions_of(env, "CppLink")
    asserts.equals(env, 1, len(links))
    inputs = _basenames(links[0].inputs.to_list())
    for needed in ["libplain.a", "librunner.a"]:
        asserts.true(env, needed in inputs, "%s is not linked: %s" % (needed, inputs))
    asserts.true(env, "-Wl,--as-needed" in links[0].argv, "linkopts are missing: %s" % links[0].argv)

    target = analysistest.target_under_test(env)
    asserts.equals(env, ["runner_program"], _basenames(target[DefaultInfo].files.to_list()))
    asserts.equals(env, "runner_program", target[DefaultInfo].files_to_run.executable.basename)
    runfiles = _basenames(target[DefaultInfo].default_runfiles.files.to_list())
    asserts.true(env, "dense_pipeline.json" in runfiles, "data is missing in the runfiles: %s" % runfiles)
    asserts.equals(
        env,
        ["plain_arena.svg", "plain_report.json", "plain_report.txt"],
        sorted(_basenames(target[OutputGroupInfo].report.to_list())),
    )
    return analysistest.end(env)

_runner_test = stub_analysis_test(_runner_impl)

def _own_main_impl(ctx):
    env = analysistest.begin(ctx)
    for compilation in actions_of(env, "CppCompile"):
        inputs = _basenames(compilation.inputs.to_list())
        asserts.true(env, "own_main.c" in inputs, "own_main.c is not compiled: %s" % inputs)
        asserts.false(env, "plain_engine.c" in inputs, "the glue is compiled although there is no runner")
        asserts.false(env, "-std=c99" in compilation.argv, "generated code's flags on the user's own")
        asserts.true(env, "-DFROM_TARGET" in compilation.argv, "copts are missing: %s" % compilation.argv)
    inputs = _basenames(actions_of(env, "CppLink")[0].inputs.to_list())
    asserts.true(env, "libplain.a" in inputs, "the model is not linked: %s" % inputs)
    asserts.false(env, "librunner.a" in inputs, "the runner is linked beside an own main")
    return analysistest.end(env)

_own_main_test = stub_analysis_test(_own_main_impl)

def sni_binary_test_suite(name):
    """Tests of sni_binary, but for its errors.

    Args:
      name: of the test_suite.
    """
    sni_binary(
        name = "runner_program",
        data = ["//tests/testdata:dense_pipeline.json"],
        linkopts = ["-Wl,--as-needed"],
        max_keys = 7,
        model = ":plain",
        tags = ["manual"],
    )
    sni_binary(
        name = "own_main_program",
        srcs = ["own_main.c"],
        copts = ["-DFROM_TARGET"],
        model = ":plain",
        tags = ["manual"],
    )

    tests = {
        "sni_binary_own_main_test": (_own_main_test, ":own_main_program"),
        "sni_binary_runner_test": (_runner_test, ":runner_program"),
    }
    for test_name, (test, target) in tests.items():
        test(name = test_name, target_under_test = target)
    native.test_suite(name = name, tests = tests.keys())

"""The action of tflite_model."""

load("@bazel_skylib//lib:unittest.bzl", "analysistest", "asserts")
load("//sni_rules:defs.bzl", "tflite_model")
load(":stub.bzl", "actions_of")

def _action(env):
    actions = actions_of(env, "TfliteConvert")
    asserts.equals(env, 1, len(actions))
    return actions[0]

def _basic_impl(ctx):
    env = analysistest.begin(ctx)
    action = _action(env)
    out = analysistest.target_bin_dir_path(env) + "/tests/rules/basic_conversion.tflite"
    asserts.equals(env, ["tests/rules/detector.keras", "--variant", "basic", "--out", out], action.argv[1:])

    # Data that the variant does not read must not make it be converted anew.
    asserts.false(env, "tests/rules/samples.csv" in [file.path for file in action.inputs.to_list()])
    files = analysistest.target_under_test(env)[DefaultInfo].files.to_list()
    asserts.equals(env, ["basic_conversion.tflite"], [file.basename for file in files])
    return analysistest.end(env)

_basic_test = analysistest.make(_basic_impl)

def _int8_impl(ctx):
    env = analysistest.begin(ctx)
    action = _action(env)
    asserts.equals(env, [
        "tests/rules/detector.keras",
        "--variant",
        "int8_only",
        "--representative_data",
        "tests/rules/samples.csv",
        "--out",
        analysistest.target_bin_dir_path(env) + "/tests/rules/int8_conversion.tflite",
    ], action.argv[1:])
    asserts.true(env, "tests/rules/samples.csv" in [file.path for file in action.inputs.to_list()])
    return analysistest.end(env)

_int8_test = analysistest.make(_int8_impl)

def tflite_model_test_suite(name):
    """Tests of tflite_model, but for its errors.

    Args:
      name: of the test_suite.
    """
    tflite_model(
        name = "basic_conversion",
        src = "detector.keras",
        representative_data = "samples.csv",
        tags = ["manual"],
    )
    tflite_model(
        name = "int8_conversion",
        src = "detector.keras",
        representative_data = "samples.csv",
        tags = ["manual"],
        variant = "int8_only",
    )

    tests = {
        "tflite_model_basic_test": (_basic_test, ":basic_conversion"),
        "tflite_model_int8_test": (_int8_test, ":int8_conversion"),
    }
    for test_name, (test, target) in tests.items():
        test(name = test_name, target_under_test = target)
    native.test_suite(name = name, tests = tests.keys())

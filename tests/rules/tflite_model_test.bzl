"""The actions of tflite_model and tflite_models."""

load("@bazel_skylib//lib:unittest.bzl", "analysistest", "asserts")
load("//sni_rules:defs.bzl", "tflite_model", "tflite_models")
load(":stub.bzl", "actions_of")

def _action(env):
    actions = actions_of(env, "TfliteConvert")
    asserts.equals(env, 1, len(actions))
    return actions[0]

def _basic_impl(ctx):
    env = analysistest.begin(ctx)
    action = _action(env)
    out = analysistest.target_bin_dir_path(env) + "/tests/rules/basic_conversion"
    asserts.equals(env, [
        "tests/rules/detector.keras",
        "--variant",
        "basic",
        "--out",
        out + ".tflite",
        "--report",
        out + "_errors.json",
        "--table",
        out + "_errors.md",
    ], action.argv[1:])

    # Data that the variant does not read must not make it be converted anew.
    asserts.false(env, "tests/rules/samples.csv" in [file.path for file in action.inputs.to_list()])
    files = analysistest.target_under_test(env)[DefaultInfo].files.to_list()
    asserts.equals(env, ["basic_conversion.tflite"], [file.basename for file in files])
    return analysistest.end(env)

_basic_test = analysistest.make(_basic_impl)

def _int8_impl(ctx):
    env = analysistest.begin(ctx)
    action = _action(env)
    out = analysistest.target_bin_dir_path(env) + "/tests/rules/int8_conversion"
    asserts.equals(env, [
        "tests/rules/detector.keras",
        "--variant",
        "int8_only",
        "--out",
        out + ".tflite",
        "--representative_data",
        "tests/rules/samples.csv",
        "--evaluation_data",
        "tests/rules/held_out.csv",
        "--report",
        out + "_errors.json",
        "--table",
        out + "_errors.md",
    ], action.argv[1:])
    asserts.true(env, "tests/rules/samples.csv" in [file.path for file in action.inputs.to_list()])
    return analysistest.end(env)

_int8_test = analysistest.make(_int8_impl)

def _several_impl(ctx):
    env = analysistest.begin(ctx)
    argv = _action(env).argv
    out = analysistest.target_bin_dir_path(env) + "/tests/rules/several_"
    asserts.equals(env, "tests/rules/saved/model", argv[1])
    asserts.equals(env, [
        "--variant",
        "float16",
        "--out",
        out + "float16.tflite",
        "--variant",
        "p_2:4+int8",
        "--out",
        out + "p_2_of_4_int8.tflite",
        "--generated_data",
        "normal",
    ], argv[2:12])
    groups = analysistest.target_under_test(env)[OutputGroupInfo]
    asserts.equals(env, ["several_float16.tflite"], [file.basename for file in groups.variant_float16.to_list()])
    asserts.equals(env, ["several_errors.json", "several_errors.md"], [file.basename for file in groups.report.to_list()])
    return analysistest.end(env)

_several_test = analysistest.make(_several_impl)

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
        evaluation_data = "held_out.csv",
        representative_data = "samples.csv",
        tags = ["manual"],
        variant = "int8_only",
    )

    native.filegroup(
        name = "saved_model",
        srcs = [
            "saved/model/saved_model.pb",
            "saved/model/variables/variables.index",
        ],
        tags = ["manual"],
    )
    tflite_models(
        name = "several",
        src = ":saved_model",
        generated_data = "normal",
        tags = ["manual"],
        variants = [
            "float16",
            "p_2:4+int8",
        ],
    )

    tests = {
        "tflite_model_basic_test": (_basic_test, ":basic_conversion"),
        "tflite_model_int8_test": (_int8_test, ":int8_conversion"),
        "tflite_models_test": (_several_test, ":several"),
    }
    for test_name, (test, target) in tests.items():
        test(name = test_name, target_under_test = target)
    native.test_suite(name = name, tests = tests.keys())

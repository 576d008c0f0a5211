"""The errors that microtvm_model itself reports."""

load("@bazel_skylib//lib:unittest.bzl", "analysistest", "asserts")
load("//sni_rules:defs.bzl", "microtvm_model", "mlf_model")

def _failure_impl(ctx):
    env = analysistest.begin(ctx)
    for text in ctx.attr.texts:
        asserts.expect_failure(env, text)
    return analysistest.end(env)

_failure_test = analysistest.make(
    _failure_impl,
    attrs = {"texts": attr.string_list(mandatory = True)},
    expect_failure = True,
)

def errors_test_suite(name):
    """Tests of what is wrong with a target before TVM sees its model.

    Args:
      name: of the test_suite.
    """
    microtvm_model(
        name = "all.at.once",
        model = "detector.keras",
        pipeline = "detector.yaml",
        tags = ["manual"],
    )
    _failure_test(
        name = "all_at_once_test",
        target_under_test = ":all.at.once",
        texts = [
            "//tests/microtvm:all.at.once: name = \"all.at.once\": not a C identifier, and the generated functions and files " +
            "are named after it (letters, digits and _, no digit first: set c_name = \"all_at_once\")",
            "//tests/microtvm:all.at.once: model = \"detector.keras\": not a .tflite file " +
            "(microtvm_model takes .tflite: put a tflite_model before it)",
            "//tests/microtvm:all.at.once: pipeline = \"detector.yaml\": not a .json file",
        ],
    )
    mlf_model(
        name = "mlf.at.once",
        mlf = "detector.tflite",
        model = "detector.keras",
        pipeline = "detector.yaml",
        tags = ["manual"],
    )
    _failure_test(
        name = "mlf_at_once_test",
        target_under_test = ":mlf.at.once",
        texts = [
            "//tests/microtvm:mlf.at.once: name = \"mlf.at.once\": not a C identifier",
            "//tests/microtvm:mlf.at.once: mlf = \"detector.tflite\": not a .tar file " +
            "(microtvm_model takes it: TVM compiles it then)",
            "//tests/microtvm:mlf.at.once: model = \"detector.keras\": not a .tflite file",
            "//tests/microtvm:mlf.at.once: pipeline = \"detector.yaml\": not a .json file",
        ],
    )
    native.test_suite(
        name = name,
        tests = [
            ":all_at_once_test",
            ":mlf_at_once_test",
        ],
    )

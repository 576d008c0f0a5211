"""The errors that tflm_model itself reports."""

load("@bazel_skylib//lib:unittest.bzl", "analysistest", "asserts")
load("//sni_rules:defs.bzl", "tflm_binary", "tflm_model")

_INT8 = "//tests/testdata:dense_int8.tflite"

def _failure_impl(ctx):
    env = analysistest.begin(ctx)
    for text in ctx.attr.texts:
        asserts.expect_failure(env, text)
    return analysistest.end(env)

_ATTRS = {"texts": attr.string_list(mandatory = True)}

_failure_test = analysistest.make(_failure_impl, attrs = _ATTRS, expect_failure = True)

_board_failure_test = analysistest.make(
    _failure_impl,
    attrs = _ATTRS,
    config_settings = {"//command_line_option:platforms": str(Label("//tests/tflm:board"))},
    expect_failure = True,
)

_NO_LIBRARY = """no TensorFlow Lite Micro is declared. In MODULE.bazel:

    bazel_dep(name = "tflm", repo_name = "tflite_micro")
    git_override(
        module_name = "tflm",
        commit = "...",
        remote = "https://github.com/tensorflow/tflite-micro.git",
    )

and in .bazelrc, for the whole build:

    build --@sni_rules//sni_rules:tflm=@tflite_micro//tensorflow/lite/micro:micro_framework

or in the target: tflm = "@tflite_micro//tensorflow/lite/micro:micro_framework". In their place a cc_library around a static
library of TFLM's own Makefile does as well (docs/tflm.md of sni_rules)"""

def errors_test_suite(name):
    """Tests of what is wrong with a target before its model is read.

    Args:
      name: of the test_suite.
    """
    tflm_binary(
        name = "no_library",
        model = _INT8,
        tags = ["manual"],
    )
    _failure_test(
        name = "no_library_test",
        target_under_test = ":no_library_model",
        texts = ["//tests/tflm:no_library_model: " + _NO_LIBRARY],
    )
    tflm_model(
        name = "all.at.once",
        arena_size = -16,
        budget = {"heap": "1KB"},
        model = "detector.keras",
        pipeline = "detector.yaml",
        tags = ["manual"],
        tflm = _INT8,
    )
    _failure_test(
        name = "all_at_once_test",
        target_under_test = ":all.at.once",
        texts = [
            "//tests/tflm:all.at.once: name = \"all.at.once\": not a C identifier",
            "//tests/tflm:all.at.once: model = \"detector.keras\": not a .tflite file " +
            "(tflm_model takes .tflite: put a tflite_model before it)",
            "//tests/tflm:all.at.once: pipeline = \"detector.yaml\": not a .json file",
            "//tests/tflm:all.at.once: budget: \"heap\": not known",
            "//tests/tflm:all.at.once: arena_size = -16: not a number of bytes (1 or more; leave it out for the smallest that " +
            "works)",
            "//tests/tflm:all.at.once: tflm = \"//tests/testdata:dense_int8.tflite\": not a C++ library (a cc_library, as " +
            "@tflite_micro//tensorflow/lite/micro:micro_framework)",
        ],
    )
    tflm_model(
        name = "no_emulator",
        model = _INT8,
        tags = ["manual"],
        tflm = ":stub_tflm",
    )
    _board_failure_test(
        name = "no_emulator_test",
        target_under_test = ":no_emulator",
        texts = [
            "//tests/tflm:no_emulator: arena_size: needed on this platform, which has no emulator to find the smallest one with " +
            "(a number of bytes; or an emulator: docs/platforms.md of sni_rules)",
        ],
    )
    native.test_suite(
        name = name,
        tests = [
            ":all_at_once_test",
            ":no_emulator_test",
            ":no_library_test",
        ],
    )

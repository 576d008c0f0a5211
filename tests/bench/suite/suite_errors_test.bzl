"""The mistakes that sni_benchmark_suite reports, word for word."""

load("@bazel_skylib//lib:unittest.bzl", "analysistest", "asserts")
load("//sni_rules:defs.bzl", "sni_benchmark_suite")

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

_FLOAT = {"basic": "//tests/testdata:dense_float.tflite"}

def _fails(tests, name, texts, **kwargs):
    """A suite that must fail, and the test that it does."""
    suite = {
        "models": {"dense": _FLOAT},
        "platforms": ["//platforms:cortex_m4"],
        "variants": ["basic"],
    }
    sni_benchmark_suite(name = name, tags = ["manual"], **(suite | kwargs))
    _failure_test(
        name = name + "_test",
        target_under_test = ":" + name,
        texts = ["//tests/bench/suite:%s: %s" % (name, text) for text in texts],
    )
    tests.append(name + "_test")

def suite_errors_test_suite(name):
    """Tests of the errors of sni_benchmark_suite.

    Args:
      name: of the test_suite.
    """
    tests = []
    _fails(
        tests,
        name = "empty_suite",
        models = {},
        options = {},
        platforms = [],
        texts = [
            "models = {}: nothing to measure (at least one)",
            "variants = []: nothing to measure (at least one)",
            "platforms = []: nothing to measure (at least one)",
            "options = {}: nothing to measure (at least one)",
        ],
        variants = [],
    )
    _fails(
        tests,
        name = "wrong_words",
        data = {
            "dense": "dense.npz",
            "nobody": "x.npz",
        },
        engines = ["sni", "snii", "sni"],
        options = {"-Os": {"flags": ["-Os"]}},
        pipelines = {"nothing": "p.json"},
        texts = [
            "engines: \"snii\" is not known (of: microtvm, sni, tflm)",
            "engines = [\"sni\", \"snii\", \"sni\"]: each engine once, and at least one",
            "variants = \"int7\": \"int7\" is not known (parts joined by +:",
            "data: \"nobody\" is none of the models (dense)",
            "data: \"dense\" has its own (only trained models take data)",
            "pipelines: \"nothing\" is none of the models (dense)",
            "options: \"-Os\": \"flags\" is not known (of: copts, fpu)",
        ],
        variants = ["basic", "int7"],
    )
    _fails(
        tests,
        name = "without_variant",
        texts = ["models: \"dense\" has none of the variants (it has: basic)"],
        variants = ["int8_only"],
    )
    _fails(
        tests,
        name = "same_names",
        models = {
            "a-b": _FLOAT,
            "a_b": _FLOAT,
        },
        options = {
            "-O3": {},
            "O3": {},
        },
        platforms = [
            "//platforms:cortex_m4",
            "//tests/rules:cortex_m4",
        ],
        texts = [
            "models: \"a-b\" and \"a_b\" would be the same target",
            "platforms: \"cortex_m4\" and \"cortex_m4\" would be the same target",
            "options: \"-O3\" and \"O3\" would be the same target",
        ],
    )
    native.test_suite(name = name, tests = tests)

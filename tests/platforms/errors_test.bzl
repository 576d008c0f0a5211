"""The errors of platforms and toolchains, word for word."""

load("@bazel_skylib//lib:unittest.bzl", "analysistest", "asserts")
load("//platforms:table.bzl", "CORES")

def _failure_impl(ctx):
    env = analysistest.begin(ctx)
    for text in ctx.attr.texts:
        asserts.expect_failure(env, text)
    return analysistest.end(env)

def _failure_test(platform):
    return analysistest.make(
        _failure_impl,
        attrs = {"texts": attr.string_list(mandatory = True)},
        config_settings = {"//command_line_option:platforms": str(Label(platform))},
        expect_failure = True,
    )

_impossible_test = _failure_test("//tests/platforms:m0_with_mve")

_unknown_test = _failure_test("//tests/platforms:no_core")

_missing_test = _failure_test("//platforms:cortex_m4")

def platform_errors_test_suite(name):
    """Tests of the errors.

    Args:
      name: of the test_suite.
    """
    native.platform(
        name = "m0_with_mve",
        constraint_values = [
            "@platforms//os:none",
            "//platforms/core:cortex_m0",
            "//platforms/fpu:double",
            "//platforms/mve:float",
        ],
    )
    native.platform(
        name = "no_core",
        constraint_values = ["@platforms//os:none"],
    )
    existing = ["  core %s: FPU " % core for core in CORES]
    _impossible_test(
        name = "error_impossible_combination_test",
        target_under_test = "@sni_arm_none_eabi_gcc//:toolchain_config",
        texts = [
            "platform //tests/platforms:m0_with_mve: core cortex_m0 with FPU double and MVE float: no such processor. " +
            "These exist:",
            "  core cortex_m7: FPU none or single or double; MVE none",
        ] + existing,
    )
    _unknown_test(
        name = "error_no_core_test",
        target_under_test = "@sni_arm_none_eabi_gcc//:toolchain_config",
        texts = [
            "platform //tests/platforms:no_core: no core (a constraint value of //platforms/core). These exist:",
        ] + existing,
    )
    _missing_test(
        name = "error_missing_compiler_test",
        target_under_test = "@sni_absent_gcc//:toolchain_config",
        texts = [
            "pdp11-gcc: pdp11-gcc, pdp11-ar, pdp11-ld are not on PATH, so nothing can be compiled for this platform (on Debian " +
            "and Ubuntu: apt-get install gcc-pdp11; then `bazel shutdown`, so that it is looked for again; or register a " +
            "toolchain of your own: docs/platforms.md of sni_rules)",
        ],
    )
    native.test_suite(
        name = name,
        tests = [
            "error_impossible_combination_test",
            "error_missing_compiler_test",
            "error_no_core_test",
        ],
    )

"""Which profile a model gets where it names none: that of the target platform's processor."""

load("@bazel_skylib//lib:unittest.bzl", "analysistest", "asserts")
load("//platforms:defs.bzl", "platform_constraints")
load("//sni_rules:defs.bzl", "sni_model")
load("//sni_rules:providers.bzl", "SniModelInfo")

def _profile_impl(ctx):
    env = analysistest.begin(ctx)
    asserts.equals(env, ctx.attr.profile, analysistest.target_under_test(env)[SniModelInfo].profile)
    return analysistest.end(env)

def _test_on(platform):
    return analysistest.make(
        _profile_impl,
        attrs = {"profile": attr.string()},
        config_settings = {"//command_line_option:platforms": str(Label(platform))},
    )

_m0_test = _test_on("//platforms:cortex_m0")
_m3_test = _test_on("//platforms:cortex_m3")
_m4_test = _test_on("//platforms:cortex_m4")
_m7_test = _test_on("//platforms:cortex_m7")
_m33_test = _test_on("//platforms:cortex_m33")
_m55_test = _test_on("//platforms:cortex_m55")
_armv7l_test = _test_on("//platforms:armv7l")
_x86_64_test = _test_on("//platforms:x86_64")
_x86_64_v3_test = _test_on("//platforms:x86_64_v3")
_somebodys_m4_test = _test_on("//tests/rules:somebodys_m4")
_integers_test = _test_on("//tests/rules:m55_with_integers")
_without_mve_test = _test_on("//tests/rules:m55_without_mve")

def profile_test_suite(name):
    """Tests of `profile = "auto"`, and of a profile that is named.

    Args:
      name: of the test_suite.
    """
    native.platform(
        name = "somebodys_m4",
        constraint_values = platform_constraints("cortex_m4"),
    )
    for platform, mve in (("m55_with_integers", "integer"), ("m55_without_mve", "none")):
        native.platform(
            name = platform,
            constraint_values = [
                "//platforms/core:cortex_m55",
                "//platforms/fpu:double",
                "//platforms/mve:" + mve,
                "@platforms//cpu:armv8-m",
                "@platforms//os:none",
            ],
        )
    sni_model(
        name = "of_the_platform",
        model = "//tests/testdata:dense_int8.tflite",
        tags = ["manual"],
    )
    sni_model(
        name = "portable",
        model = "//tests/testdata:dense_int8.tflite",
        profile = "c99",
        tags = ["manual"],
    )
    tests = {
        "profile_of_armv7l_test": (_armv7l_test, "neon"),
        "profile_of_m0_test": (_m0_test, "scalar"),
        "profile_of_m33_test": (_m33_test, "dsp"),
        "profile_of_m3_test": (_m3_test, "scalar_m3"),
        "profile_of_m4_test": (_m4_test, "dsp"),
        "profile_of_m55_test": (_m55_test, "mve"),
        "profile_of_m55_with_integers_test": (_integers_test, "mve_integer"),
        "profile_of_m55_without_mve_test": (_without_mve_test, "dsp"),
        "profile_of_m7_test": (_m7_test, "dsp"),
        "profile_of_somebodys_m4_test": (_somebodys_m4_test, "dsp"),
        "profile_of_x86_64_test": (_x86_64_test, "x86"),
        "profile_of_x86_64_v3_test": (_x86_64_v3_test, "x86"),
    }
    for test_name, (test, profile) in tests.items():
        test(name = test_name, profile = profile, target_under_test = ":of_the_platform")
    _m4_test(name = "profile_that_is_named_test", profile = "c99", target_under_test = ":portable")
    native.test_suite(name = name, tests = tests.keys() + ["profile_that_is_named_test"])

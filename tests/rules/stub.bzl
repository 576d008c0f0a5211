"""Building with the stub compiler of this folder in place of the real one."""

load("@bazel_skylib//lib:unittest.bzl", "analysistest")
load("@rules_cc//cc/common:cc_info.bzl", "CcInfo")
load("//sni_rules:providers.bzl", "SniModelInfo")

STUB_TOOLCHAIN = str(Label("//tests/rules:stub_toolchain"))

_STUB_SETTINGS = {"//command_line_option:extra_toolchains": [STUB_TOOLCHAIN]}

def stub_analysis_test(implementation, config_settings = {}, **kwargs):
    """An analysis test whose target under test is built with the stub compiler.

    Args:
      implementation: the test's function.
      config_settings: further settings of the target under test.
      **kwargs: arguments of analysistest.make.

    Returns:
      a test rule.
    """
    return analysistest.make(implementation, config_settings = _STUB_SETTINGS | config_settings, **kwargs)

def actions_of(env, mnemonic):
    """The actions of the target under test that have the mnemonic.

    Args:
      env: the test environment.
      mnemonic: string.

    Returns:
      list of actions.
    """
    return [action for action in analysistest.target_actions(env) if action.mnemonic == mnemonic]

def _with_stub_impl(_settings, _attr):
    return {"//command_line_option:extra_toolchains": [STUB_TOOLCHAIN]}

_with_stub = transition(
    implementation = _with_stub_impl,
    inputs = [],
    outputs = ["//command_line_option:extra_toolchains"],
)

def _stub_built_impl(ctx):
    target = ctx.attr.model[0]
    return [target[DefaultInfo], target[CcInfo], target[SniModelInfo], target[OutputGroupInfo]]

stub_built = rule(
    implementation = _stub_built_impl,
    doc = "An sni_model, built with the stub compiler.",
    attrs = {"model": attr.label(cfg = _with_stub, mandatory = True, providers = [SniModelInfo])},
)

"""Compiling and linking C with the registered C toolchain."""

load("@rules_cc//cc:find_cc_toolchain.bzl", "find_cc_toolchain", "use_cc_toolchain")
load("@rules_cc//cc/common:cc_common.bzl", "cc_common")

CC_FRAGMENTS = ["cpp"]

# Generated code is C99 and clean under these; a warning is a fault of the compiler's, and is shown as one.
# Products and sums are not contracted to fused ones: results must not hang on the C compiler or on -march.
_GENERATED_COPTS = [
    "-std=c99",
    "-Wall",
    "-Wextra",
    "-Wpedantic",
    "-Wconversion",
    "-Werror",
    "-ffp-contract=off",
]

# Generated C++ stands around somebody else's headers, whose warnings are nothing that we or the user could mend.
_CXX_COPTS = [
    "-std=c++17",
    "-w",
    "-ffp-contract=off",
]

# A network is nothing but inner loops: at the -O0 of fastbuild it takes some ten times as long.
_GENERATED_OPTIMISATION = "-O3"

def use_c_toolchain():
    """What a rule that compiles C adds to its `toolchains`.

    Returns:
      list of toolchain types.
    """
    return use_cc_toolchain(mandatory = True)

def c_toolchain(ctx):
    """The C toolchain, with the features that the target asks for.

    Args:
      ctx: the rule's context.

    Returns:
      struct of `toolchain` (CcToolchainInfo) and `features` (FeatureConfiguration).
    """
    toolchain = find_cc_toolchain(ctx)
    return struct(
        toolchain = toolchain,
        features = cc_common.configure_features(
            ctx = ctx,
            cc_toolchain = toolchain,
            requested_features = ctx.features,
            unsupported_features = ctx.disabled_features,
        ),
    )

def generated_copts(ctx, copts):
    """Flags for generated C: ours first, then the command line's, then the target's, so that the last has the last word.

    Bazel itself puts `--copt` before the flags of a rule, where ours would override it: it is repeated.

    Args:
      ctx: the rule's context.
      copts: list of strings, the target's own flags.

    Returns:
      list of strings.
    """
    command_line = ctx.fragments.cpp.copts + ctx.fragments.cpp.conlyopts
    return _GENERATED_COPTS + _optimisation(ctx) + command_line + copts

def _optimisation(ctx):
    return [] if ctx.var["COMPILATION_MODE"] == "dbg" else [_GENERATED_OPTIMISATION]

def cxx_copts(ctx, copts):
    """Flags for generated C++, in the order of generated_copts().

    Args:
      ctx: the rule's context.
      copts: list of strings, ours for this file and then the target's own.

    Returns:
      list of strings.
    """
    command_line = ctx.fragments.cpp.copts + ctx.fragments.cpp.cxxopts
    return _CXX_COPTS + _optimisation(ctx) + command_line + copts

def compile_c(ctx, cc, name, srcs, copts, **kwargs):
    """Compiles C files.

    Args:
      ctx: the rule's context.
      cc: struct of c_toolchain().
      name: string, unique among the compilations of a target.
      srcs: list of Files.
      copts: list of strings.
      **kwargs: further arguments of cc_common.compile.

    Returns:
      (CcCompilationContext, CcCompilationOutputs).
    """
    return cc_common.compile(
        name = name,
        actions = ctx.actions,
        cc_toolchain = cc.toolchain,
        feature_configuration = cc.features,
        srcs = srcs,
        user_compile_flags = copts,
        **kwargs
    )

"""C toolchains of this build: a compiler at a known place, and its flags."""

load("@rules_cc//cc:action_names.bzl", "ACTION_NAMES")
load("@rules_cc//cc:cc_toolchain_config_lib.bzl", "feature", "flag_group", "flag_set", "tool_path")
load("@rules_cc//cc/common:cc_common.bzl", "cc_common")
load("@rules_cc//cc/toolchains:cc_toolchain.bzl", "cc_toolchain")
load("@rules_cc//cc/toolchains:cc_toolchain_config_info.bzl", "CcToolchainConfigInfo")

def _always(name, actions, flags):
    flags = flag_set(actions = actions, flag_groups = [flag_group(flags = flags)])
    return feature(name = name, enabled = True, flag_sets = [flags])

def _config_impl(ctx):
    return cc_common.create_cc_toolchain_config_info(
        ctx = ctx,
        compiler = "gcc",
        # What the compiler finds on its own.
        cxx_builtin_include_directories = ["/usr/lib", "/usr/include", "/usr/arm-linux-gnueabihf"],
        features = [
            _always("compile_flags", [ACTION_NAMES.c_compile, ACTION_NAMES.cpp_compile], ctx.attr.flags),
            _always("link_flags", [ACTION_NAMES.cpp_link_executable], ctx.attr.flags),
            _always("libraries", [ACTION_NAMES.cpp_link_executable], ctx.attr.link_flags),
        ],
        target_cpu = "arm",
        target_libc = "unknown",
        target_system_name = "arm",
        tool_paths = [
            tool_path(name = name, path = ctx.attr.prefix + name)
            for name in ["ar", "cpp", "gcc", "gcov", "ld", "nm", "objcopy", "objdump", "strip"]
        ],
        toolchain_identifier = ctx.label.name,
    )

_config = rule(
    implementation = _config_impl,
    attrs = {
        "flags": attr.string_list(),
        "link_flags": attr.string_list(),
        "prefix": attr.string(),
    },
    provides = [CcToolchainConfigInfo],
)

def gcc(name, constraints, flags, link_flags, prefix):
    """A toolchain for the platforms that have these constraints.

    Args:
      name: of the toolchain.
      constraints: list of labels of constraint values.
      flags: list of strings, for compiling and linking.
      link_flags: list of strings, for linking alone.
      prefix: string, what stands before `gcc` in the compiler's path.
    """
    _config(
        name = name + "_config",
        flags = flags,
        link_flags = link_flags,
        prefix = prefix,
    )
    native.filegroup(name = name + "_files")
    cc_toolchain(
        name = name + "_cc",
        all_files = name + "_files",
        compiler_files = name + "_files",
        dwp_files = name + "_files",
        linker_files = name + "_files",
        objcopy_files = name + "_files",
        strip_files = name + "_files",
        toolchain_config = name + "_config",
    )
    native.toolchain(
        name = name,
        target_compatible_with = constraints,
        toolchain = name + "_cc",
        toolchain_type = "@bazel_tools//tools/cpp:toolchain_type",
    )

"""A C toolchain over an installed GCC, whose flags are the platform's."""

load("@rules_cc//cc:action_names.bzl", "ACTION_NAMES")
load("@rules_cc//cc:cc_toolchain_config_lib.bzl", "feature", "flag_group", "flag_set", "tool_path", "with_feature_set")
load("@rules_cc//cc/common:cc_common.bzl", "cc_common")
load("@rules_cc//cc/toolchains:cc_toolchain.bzl", "cc_toolchain")
load("@rules_cc//cc/toolchains:cc_toolchain_config_info.bzl", "CcToolchainConfigInfo")
load(
    "//platforms:table.bzl",
    "BARE_METAL_COMPILE_FLAGS",
    "BARE_METAL_LINK_FLAGS",
    "COMPILE_FLAGS",
    "CORES",
    "FPUS",
    "LINK_FLAGS",
    "LINUX",
    "MVES",
    "bare_metal",
    "impossible",
)

_COMPILE = [
    ACTION_NAMES.assemble,
    ACTION_NAMES.preprocess_assemble,
    ACTION_NAMES.c_compile,
    ACTION_NAMES.cpp_compile,
    ACTION_NAMES.cpp_header_parsing,
    ACTION_NAMES.cpp_module_codegen,
    ACTION_NAMES.cpp_module_compile,
    ACTION_NAMES.linkstamp_compile,
    ACTION_NAMES.lto_backend,
]
_CXX_COMPILE = [
    ACTION_NAMES.cpp_compile,
    ACTION_NAMES.cpp_header_parsing,
    ACTION_NAMES.cpp_module_codegen,
    ACTION_NAMES.cpp_module_compile,
]
_LINK = [
    ACTION_NAMES.cpp_link_executable,
    ACTION_NAMES.cpp_link_dynamic_library,
    ACTION_NAMES.cpp_link_nodeps_dynamic_library,
]

# What would need a heap and much of the library.
_CXX_BARE_METAL = ["-fno-exceptions", "-fno-rtti", "-fno-threadsafe-statics"]

def _flags(actions, flags, modes = []):
    if not flags:
        return []
    return [flag_set(
        actions = actions,
        flag_groups = [flag_group(flags = flags)],
        with_features = [with_feature_set(features = modes)] if modes else [],
    )]

def _holds(ctx, attribute):
    """The names of a list of constraint values that the target platform has."""
    return [
        value.label.name
        for value in getattr(ctx.attr, attribute)
        if ctx.target_platform_has_constraint(value[platform_common.ConstraintValueInfo])
    ]

def _target(ctx):
    """What the target platform is: its flags, and whether it is bare metal."""
    if not _holds(ctx, "_none"):
        for name in LINUX:
            if ctx.attr.linux == name:
                return struct(copts = LINUX[name].copts, bare_metal = False)
    core, fpu, mve = [(_holds(ctx, attribute) or [None])[0] for attribute in ["_cores", "_fpus", "_mves"]]
    problem = impossible(core, fpu or "none", mve or "none")
    if problem:
        name = str(ctx.fragments.platform.platform)
        fail("\nplatform %s: %s" % (name[2:] if name.startswith("@@//") else name, problem))
    return struct(copts = bare_metal(core, fpu or "none", mve or "none").copts, bare_metal = True)

def _features(ctx, target):
    machine = target.copts
    compiles, links = COMPILE_FLAGS, LINK_FLAGS
    if target.bare_metal:
        compiles = compiles + BARE_METAL_COMPILE_FLAGS
        links = links + BARE_METAL_LINK_FLAGS
    libraries = ["-lstdc++"] if ctx.attr.cxx_library else []
    return [
        feature(
            name = "default_compile_flags",
            enabled = True,
            flag_sets = _flags(_COMPILE, machine + compiles) +
                        _flags(_COMPILE, ["-g"], ["dbg"]) +
                        _flags(_COMPILE, ["-Os" if target.bare_metal else "-O2", "-DNDEBUG"], ["opt"]) +
                        _flags(_CXX_COMPILE, _CXX_BARE_METAL if target.bare_metal else []),
        ),
        feature(
            name = "default_link_flags",
            enabled = True,
            flag_sets = _flags(_LINK, machine + links),
        ),
        feature(
            name = "default_link_libs",
            enabled = True,
            flag_sets = _flags(_LINK, libraries + ["-lm"]),
        ),
        # A Linux program that needs nothing of the machine it is put on. --features=-static_program: shared libraries.
        feature(
            name = "static_program",
            enabled = ctx.attr.linux == "armv7l",
            flag_sets = _flags([ACTION_NAMES.cpp_link_executable], ["-static"]),
        ),
        # Link-time optimisation: --features=lto, or features = ["lto"] of a target.
        feature(
            name = "lto",
            flag_sets = _flags(_COMPILE, ["-flto", "-ffat-lto-objects"]) +
                        _flags(_LINK, ["-flto", "-fuse-linker-plugin"]),
        ),
        # The same bytes in any folder, on any day.
        feature(
            name = "unfiltered_compile_flags",
            enabled = True,
            flag_sets = _flags(_COMPILE, [
                "-no-canonical-prefixes",
                "-fno-canonical-system-headers",
                "-Wno-builtin-macro-redefined",
                "-D__DATE__=\"redacted\"",
                "-D__TIMESTAMP__=\"redacted\"",
                "-D__TIME__=\"redacted\"",
            ]),
        ),
        feature(name = "supports_pic", enabled = not target.bare_metal and ctx.attr.linux != "armv7l"),
        feature(name = "supports_dynamic_linker", enabled = not target.bare_metal),
        feature(name = "supports_start_end_lib", enabled = False),
        feature(name = "dbg"),
        feature(name = "fastbuild"),
        feature(name = "opt"),
    ]

def _gcc_config_impl(ctx):
    if ctx.attr.missing:
        fail("\n" + ctx.attr.missing)
    target = _target(ctx)
    tools = ctx.attr.tools
    return cc_common.create_cc_toolchain_config_info(
        ctx = ctx,
        abi_libc_version = "unknown",
        abi_version = "eabi" if target.bare_metal else "gnu",
        compiler = "gcc",
        cxx_builtin_include_directories = ctx.attr.include_directories,
        features = _features(ctx, target),
        host_system_name = "local",
        target_cpu = ctx.attr.linux or "arm",
        target_libc = "newlib" if target.bare_metal else "glibc",
        target_system_name = ctx.attr.prefix.rstrip("-") or "local",
        toolchain_identifier = ctx.label.repo_name or "gcc",
        tool_paths = [tool_path(name = name, path = path) for name, path in tools.items()] +
                     [tool_path(name = "cpp", path = tools["gcc"])],
    )

_gcc_config = rule(
    implementation = _gcc_config_impl,
    attrs = {
        "cxx_library": attr.bool(),
        "include_directories": attr.string_list(),
        "linux": attr.string(doc = "Which of the platforms with Linux; empty on bare metal."),
        "missing": attr.string(),
        "prefix": attr.string(),
        "tools": attr.string_dict(),
        "_cores": attr.label_list(default = [Label("//platforms/core:" + core) for core in CORES]),
        "_fpus": attr.label_list(default = [Label("//platforms/fpu:" + fpu) for fpu in FPUS]),
        "_mves": attr.label_list(default = [Label("//platforms/mve:" + mve) for mve in MVES]),
        "_none": attr.label_list(default = [Label("@platforms//os:none")]),
    },
    fragments = ["platform"],
    provides = [CcToolchainConfigInfo],
)

def gcc_toolchain(name, cxx_library, include_directories, missing, prefix, tools):
    """A cc_toolchain over an installed GCC.

    Args:
      name: of the cc_toolchain.
      cxx_library: bool, whether there is a C++ library to link.
      include_directories: list of strings, where the compiler finds headers on its own.
      missing: string, the error of using it where it is not installed; empty where it is.
      prefix: string, of the commands, as `arm-none-eabi-`.
      tools: dict from a tool's name to its path.
    """
    _gcc_config(
        name = name + "_config",
        cxx_library = cxx_library,
        include_directories = include_directories,
        linux = select({
            Label("//platforms/toolchains:is_armv7l"): "armv7l",
            Label("//platforms/toolchains:is_x86_64_v3"): "x86_64_v3",
            Label("//platforms/toolchains:is_x86_64_v4"): "x86_64_v4",
            "//conditions:default": "",
        }),
        missing = missing,
        prefix = prefix,
        tools = tools,
        visibility = ["//visibility:public"],
    )
    native.filegroup(name = name + "_no_files")
    cc_toolchain(
        name = name,
        all_files = ":" + name + "_no_files",
        ar_files = ":" + name + "_no_files",
        as_files = ":" + name + "_no_files",
        compiler_files = ":" + name + "_no_files",
        dwp_files = ":" + name + "_no_files",
        linker_files = ":" + name + "_no_files",
        objcopy_files = ":" + name + "_no_files",
        strip_files = ":" + name + "_no_files",
        supports_param_files = True,
        toolchain_config = ":" + name + "_config",
        visibility = ["//visibility:public"],
    )

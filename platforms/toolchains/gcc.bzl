"""Finds the machine's own GCCs: a module extension that makes a repository with a C toolchain for each."""

# name: of the repository. prefix: of the compiler's commands. packages: what to install on Debian and its like.
_COMPILERS = {
    "sni_arm_linux_gnueabihf_gcc": struct(
        prefix = "arm-linux-gnueabihf-",
        packages = "gcc-arm-linux-gnueabihf libc6-dev-armhf-cross",
    ),
    "sni_arm_none_eabi_gcc": struct(
        prefix = "arm-none-eabi-",
        packages = "gcc-arm-none-eabi libnewlib-arm-none-eabi",
    ),
    "sni_native_gcc": struct(
        prefix = "",
        packages = "gcc",
    ),
}

_TOOLS = ["ar", "gcc", "gcov", "ld", "nm", "objcopy", "objdump", "strip"]

_BUILD = """load("{rule}", "gcc_toolchain")

gcc_toolchain(
    name = "toolchain",
    cxx_library = {cxx_library},
    include_directories = {include_directories},
    missing = {missing},
    prefix = {prefix},
    tools = {tools},
)
"""

def _missing(prefix, packages, absent):
    return ("{prefix}gcc: {absent} not on PATH, so nothing can be compiled for this platform (on Debian and Ubuntu: " +
            "apt-get install {packages}; then `bazel shutdown`, so that it is looked for again; or register a " +
            "toolchain of your own: docs/platforms.md of sni_rules)").format(
        prefix = prefix,
        absent = ", ".join(absent) + (" is" if len(absent) == 1 else " are"),
        packages = packages,
    )

def _include_directories(ctx, compiler, language):
    """The folders where the compiler looks for headers on its own, as it prints them."""
    done = ctx.execute([compiler, "-E", "-x" + language, "-v", "/dev/null"], environment = {"LC_ALL": "C"})
    text = done.stderr
    if done.return_code or "#include <...> search starts here:\n" not in text:
        return []
    listed = text.split("#include <...> search starts here:\n")[1].split("End of search list")[0]
    return [str(ctx.path(line.strip())) for line in listed.splitlines() if line.strip()]

def _gcc_repository_impl(ctx):
    prefix = ctx.attr.prefix
    tools = {tool: ctx.which(prefix + tool) for tool in _TOOLS}
    absent = [prefix + tool for tool in ["gcc", "ar", "ld"] if not tools[tool]]
    directories = []
    cxx_library = False
    if not absent:
        # newlib's smaller variant has folders of its own, and Debian keeps both apart from the compiler's.
        directories = ["/usr/include/newlib"] if prefix == "arm-none-eabi-" else []
        for language in ["c", "c++"]:
            for directory in _include_directories(ctx, tools["gcc"], language):
                if directory not in directories:
                    directories.append(directory)

        # Without the C++ library the compiler prints the bare name back.
        cxx_library = "/" in ctx.execute([tools["gcc"], "-print-file-name=libstdc++.a"]).stdout
    ctx.file("BUILD.bazel", _BUILD.format(
        rule = str(Label("//platforms/toolchains:gcc_toolchain.bzl")),
        cxx_library = cxx_library,
        include_directories = repr(directories),
        missing = repr(_missing(prefix, ctx.attr.packages, absent) if absent else ""),
        prefix = repr(prefix),
        tools = repr({tool: str(path or "/bin/false") for tool, path in tools.items()}),
    ))

_gcc_repository = repository_rule(
    implementation = _gcc_repository_impl,
    doc = "A C toolchain over a GCC that is on PATH; without it, one that says what to install when it is used.",
    attrs = {
        "packages": attr.string(mandatory = True),
        "prefix": attr.string(),
    },
    configure = True,
    environ = ["PATH"],
    local = True,
)

def _gcc_impl(_ctx):
    for name, compiler in _COMPILERS.items():
        _gcc_repository(name = name, prefix = compiler.prefix, packages = compiler.packages)

gcc = module_extension(
    implementation = _gcc_impl,
    doc = "The machine's own GCCs, as repositories `sni_*_gcc`.",
)

def _absent_gcc_impl(_ctx):
    _gcc_repository(name = "sni_absent_gcc", prefix = "pdp11-", packages = "gcc-pdp11")

absent_gcc = module_extension(
    implementation = _absent_gcc_impl,
    doc = "For tests: a compiler that no machine has.",
)

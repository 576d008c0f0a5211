"""The rule sni_toolchain."""

load("//sni_rules:providers.bzl", "SniToolchainInfo")

def _sni_toolchain_impl(ctx):
    return [platform_common.ToolchainInfo(
        sni = SniToolchainInfo(
            compiler = ctx.attr.compiler[DefaultInfo].files_to_run,
            profiles = ctx.attr.profiles,
        ),
    )]

sni_toolchain = rule(
    implementation = _sni_toolchain_impl,
    doc = """The compiler from networks to C, for a `toolchain` of type `@sni_rules//sni_rules:toolchain_type`.

`sni_rules` registers one with its own compiler. To build every model with another one, register yours in
MODULE.bazel, where the root module's toolchains come first:

```starlark
load("@sni_rules//sni_rules:toolchain.bzl", "sni_toolchain")

sni_toolchain(
    name = "our_sni",
    compiler = "//our/sni",
    profiles = ["c99", "npu"],
)

toolchain(
    name = "our_sni_toolchain",
    toolchain = ":our_sni",
    toolchain_type = "@sni_rules//sni_rules:toolchain_type",
)
```

```starlark
register_toolchains("//our/toolchains:our_sni_toolchain")
```
""",
    attrs = {
        "compiler": attr.label(
            doc = """The compiler's command. `sni_model` calls it as
`COMPILER compile MODEL --name NAME --profile PROFILE --rounding ROUNDING [--pipeline FILE] --out DIR`;
it writes NAME.h, NAME.c, NAME_weights.h, NAME_engine.c, NAME_report.json, NAME_report.txt and NAME_arena.svg
into DIR, or says on stderr what is wrong and exits with a status other than 0.""",
            cfg = "exec",
            executable = True,
            mandatory = True,
        ),
        "profiles": attr.string_list(
            default = ["c99"],
            doc = "The kernel profiles the compiler knows: what `sni_model(profile = ...)` accepts.",
        ),
    },
    provides = [platform_common.ToolchainInfo],
)

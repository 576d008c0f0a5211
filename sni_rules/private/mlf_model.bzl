"""The rule mlf_model."""

load("@rules_cc//cc/common:cc_common.bzl", "cc_common")
load("@rules_cc//cc/common:cc_info.bzl", "CcInfo")
load("//sni_rules:providers.bzl", "SniModelInfo", "SniSizeInfo")
load(":budget.bzl", "read_budget")
load(":cc.bzl", "CC_FRAGMENTS", "c_toolchain", "compile_c", "use_c_toolchain")
load(":codegen.bzl", "declare_model", "run_compiler")
load(":library.bzl", "model_library", "model_results")
load(":names.bzl", "check_c_name")
load(":problems.bzl", "fail_with", "single_file")
load(":size.bzl", "SIZE_ATTRS")

# TVM's C of its time, GNU dialect and all; its warnings are nothing that we or the user could mend.
_ARCHIVE_COPTS = [
    "-std=gnu99",
    "-O3",
    "-w",
]

def _archive_library(ctx, sources, headers):
    """Compiles the archive's sources.

    Args:
      ctx: the rule's context.
      sources: File, a folder.
      headers: File, a folder.

    Returns:
      CcInfo.
    """
    cc = c_toolchain(ctx)
    context, objects = compile_c(
        ctx,
        cc,
        name = ctx.label.name + "_archive",
        srcs = [sources],
        copts = _ARCHIVE_COPTS + ctx.fragments.cpp.copts + ctx.fragments.cpp.conlyopts + ctx.attr.copts,
        compilation_contexts = [dep[CcInfo].compilation_context for dep in ctx.attr.deps],
        private_hdrs = [headers],
        includes = [headers.path],
    )
    linking_context, _ = cc_common.create_linking_context_from_compilation_outputs(
        name = ctx.label.name + "_archive",
        actions = ctx.actions,
        cc_toolchain = cc.toolchain,
        compilation_outputs = objects,
        disallow_dynamic_library = True,
        feature_configuration = cc.features,
        user_link_flags = ["-lm"],
    )
    return cc_common.merge_cc_infos(
        cc_infos = [CcInfo(compilation_context = context, linking_context = linking_context)] +
                   [dep[CcInfo] for dep in ctx.attr.deps],
    )

def _mlf_model_impl(ctx):
    problems = []
    c_name = check_c_name(problems, ctx.label.name, ctx.attr.c_name)
    archive = single_file(problems, "mlf", ctx.attr.mlf, ["tar"], hints = {
        "tflite": "microtvm_model takes it: TVM compiles it then",
    })
    model = None
    if ctx.attr.model:
        model = single_file(problems, "model", ctx.attr.model, ["tflite"])
    pipeline = None
    if ctx.attr.pipeline:
        pipeline = single_file(problems, "pipeline", ctx.attr.pipeline, ["json"])
    limits = read_budget(problems, ctx.attr.budget)
    fail_with(ctx.label, problems)

    info = declare_model(ctx, c_name, archive, pipeline)
    sources = ctx.actions.declare_directory(c_name + "_mlf/sources")
    headers = ctx.actions.declare_directory(c_name + "_mlf/headers")
    run_compiler(
        ctx,
        info,
        ctx.attr._compiler[DefaultInfo].files_to_run,
        flags = (["--model", model] if model else []),
        folders = {"--headers": headers, "--sources": sources},
        inputs = [model] if model else [],
        mnemonic = "MlfModel",
        progress_message = "Making a library of %{input} for %{label}",
    )
    archive_library = _archive_library(ctx, sources, headers)
    cc_info, library = model_library(
        ctx,
        info,
        more_private_hdrs = [headers],
        # The glue includes TVM's headers, which are not as clean as it is.
        system_includes = [headers.path],
    )
    linked = cc_common.merge_cc_infos(
        cc_infos = [cc_info, CcInfo(linking_context = archive_library.linking_context)],
    )
    return model_results(ctx, info, linked, library, limits)

mlf_model = rule(
    implementation = _mlf_model_impl,
    doc = """A library with the API of an `sni_model` around an archive in TVM's Model Library Format.

```starlark
mlf_model(
    name = "detector_tvm",
    mlf = "detector.tar",
    model = "detector.tflite",
    pipeline = "detector.json",
)
```

The archive is what `tvmc compile --output-format=mlf` of TVM 0.9 to 0.18 writes for the AOT executor and the C interface
([microtvm.md](microtvm.md#archives-of-tvmc)). Its sources are compiled for the platform of the build; TVM is not needed.
""",
    attrs = SIZE_ATTRS | {
        "budget": attr.string_dict(
            doc = "What the model may take at most, as for `sni_model`.",
        ),
        "c_name": attr.string(
            doc = "Prefix of the generated C names and files: letters, digits and `_`. The name of the target by default.",
        ),
        "copts": attr.string_list(
            doc = "Flags for compiling the archive's C and the generated C, one flag in each string, after all others.",
        ),
        "deps": attr.label_list(
            doc = "Libraries that the archive's sources call, as CMSIS-NN.",
            providers = [CcInfo],
        ),
        "mlf": attr.label(
            allow_files = True,
            doc = "The archive: a `.tar` file.",
            mandatory = True,
        ),
        "model": attr.label(
            allow_files = True,
            doc = """The `.tflite` that the archive was made from. The archive tells neither shapes nor quantisation; without the
model inputs and outputs are flat, and numbers are taken as they are stored. Optional.""",
        ),
        "pipeline": attr.label(
            allow_files = True,
            doc = "A `.json` file that describes pre- and post-processing, as for `sni_model`. Optional.",
        ),
        "_compiler": attr.label(
            cfg = "exec",
            default = "//tools/microtvm/mlf",
            executable = True,
        ),
    },
    fragments = CC_FRAGMENTS,
    provides = [CcInfo, SniModelInfo, SniSizeInfo],
    toolchains = use_c_toolchain(),
)

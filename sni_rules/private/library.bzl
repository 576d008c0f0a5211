"""What a model's target gives: its generated C as a library, and the generated files."""

load("@rules_cc//cc/common:cc_common.bzl", "cc_common")
load("@rules_cc//cc/common:cc_info.bzl", "CcInfo")
load(":budget.bzl", "read_budget")
load(":cc.bzl", "c_toolchain", "compile_c", "generated_copts")
load(":names.bzl", "check_c_name")
load(":problems.bzl", "single_file")
load(":size.bzl", "SIZE_ATTRS", "check_budget", "measure")

# What the models of other engines are made from.
ENGINE_MODEL_ATTRS = SIZE_ATTRS | {
    "budget": attr.string_dict(
        doc = "What the model may take at most, as for `sni_model`.",
    ),
    "c_name": attr.string(
        doc = "Prefix of the generated C names and files: letters, digits and `_`. The name of the target by default.",
    ),
    "model": attr.label(
        allow_files = True,
        doc = "The network: a `.tflite` file, or a target that makes one, as `tflite_model`.",
        mandatory = True,
    ),
    "pipeline": attr.label(
        allow_files = True,
        doc = "A `.json` file that describes pre- and post-processing, as for `sni_model`. Optional.",
    ),
}

def read_model(problems, ctx, rule):
    """What ENGINE_MODEL_ATTRS say; all that is wrong with them is added to the problems.

    Args:
      problems: list of strings to add to.
      ctx: the rule's context.
      rule: string, its name.

    Returns:
      struct of `c_name` (string), `model` and `pipeline` (Files or None) and `limits` (dict of read_budget()).
    """
    convert_first = rule + " takes .tflite: put a tflite_model before it"
    return struct(
        c_name = check_c_name(problems, ctx.label.name, ctx.attr.c_name),
        model = single_file(problems, "model", ctx.attr.model, ["tflite"], hints = {
            "h5": convert_first,
            "keras": convert_first,
        }),
        pipeline = single_file(problems, "pipeline", ctx.attr.pipeline, ["json"]) if ctx.attr.pipeline else None,
        limits = read_budget(problems, ctx.attr.budget),
    )

def model_library(ctx, info, copts = [], more_private_hdrs = [], deps = [], **kwargs):
    """Compiles the generated C into a library.

    Args:
      ctx: the rule's context; its attribute `copts` has the user's flags.
      info: SniModelInfo.
      copts: list of strings, flags before the user's.
      more_private_hdrs: list of Files.
      deps: list of CcInfo, libraries that the generated C calls.
      **kwargs: further arguments of cc_common.compile.

    Returns:
      (CcInfo, the library as a list of Files).
    """
    cc = c_toolchain(ctx)
    compilation_context, compilation_outputs = compile_c(
        ctx,
        cc,
        name = ctx.label.name,
        srcs = [info.source],
        copts = generated_copts(ctx, copts + ctx.attr.copts),
        private_hdrs = [info.weights] + more_private_hdrs,
        public_hdrs = [info.header],
        compilation_contexts = [dep.compilation_context for dep in deps],
        # "app/detector.h" is found from the root, as everywhere in Bazel; this lets "detector.h" be found as well.
        quote_includes = [info.header.dirname],
        **kwargs
    )
    linking_context, linking_outputs = cc_common.create_linking_context_from_compilation_outputs(
        name = ctx.label.name,
        actions = ctx.actions,
        cc_toolchain = cc.toolchain,
        compilation_outputs = compilation_outputs,
        disallow_dynamic_library = True,
        feature_configuration = cc.features,
        linking_contexts = [dep.linking_context for dep in deps],
        # Whether an operator needs <math.h> is known when the action has run; linkers drop what is not used.
        user_link_flags = ["-lm"],
    )
    library = linking_outputs.library_to_link
    return (
        CcInfo(compilation_context = compilation_context, linking_context = linking_context),
        [library.static_library or library.pic_static_library],
    )

def model_results(ctx, info, cc_info, library, limits, **kwargs):
    """What the target of a model gives.

    Args:
      ctx: the rule's context; it has SIZE_ATTRS, and an attribute `copts`.
      info: SniModelInfo.
      cc_info: CcInfo of the model's library.
      library: list of Files, the library itself.
      limits: dict of read_budget().
      **kwargs: further arguments of measure().

    Returns:
      list of providers.
    """
    size = measure(ctx, c_toolchain(ctx), info, cc_info, ctx.attr.copts, **kwargs)
    return [
        DefaultInfo(files = depset(library)),
        OutputGroupInfo(
            engine = depset([info.engine]),
            hdrs = depset([info.header]),
            report = depset([info.report_arena, info.report_json, info.report_text]),
            size = depset([size.json, size.text]),
            srcs = depset([info.source, info.weights]),
            _validation = depset(check_budget(ctx, size, limits)),
        ),
        cc_info,
        info,
        size,
    ]

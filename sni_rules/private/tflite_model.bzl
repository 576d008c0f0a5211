"""The rule tflite_model, and the macro tflite_models of several."""

load(":problems.bzl", "fail_with", "single_file")
load(":variants.bzl", "check_variant", "source_of", "variant_slug")

def _resources(_os, _input_count):
    # TensorFlow alone is 600 MB in memory; several at once must not push a small machine into swapping.
    return {"cpu": 1, "memory": 1024}

def _data_file(problems, ctx, attribute):
    target = getattr(ctx.attr, attribute)
    return single_file(problems, attribute, target, ["npz", "csv"]) if target else None

def _convert(ctx, variants, outs):
    """Registers the action that makes all variants, and their report.

    Args:
      ctx: the rule's context.
      variants: list of strings.
      outs: list of Files, one for each variant.

    Returns:
      list of Files: the reports.
    """
    problems = []
    attribute = "variants" if hasattr(ctx.attr, "variants") else "variant"
    src, files = source_of(problems, ctx.attr.src)
    representative = _data_file(problems, ctx, "representative_data")
    evaluation = _data_file(problems, ctx, "evaluation_data")
    if representative and ctx.attr.generated_data:
        problems.append("representative_data and generated_data = \"%s\": two sources of typical inputs (leave one out)" %
                        ctx.attr.generated_data)
    ranged = [variant for variant in variants if check_variant(problems, attribute, variant)]
    if ranged and not (ctx.attr.representative_data or ctx.attr.generated_data or ctx.attr.quantisation_aware):
        problems.append(
            ("%s = \"%s\": needs representative_data, to measure the ranges of activations on (an .npz file with one " +
             "array for each input, first axis = samples; or a .csv file with one sample in each row), or generated_data, or " +
             "quantisation_aware = True for a model that knows them") % (attribute, ranged[0]),
        )
    if len({variant_slug(variant): None for variant in variants}) < len(variants) or not variants:
        problems.append("variants = %s: each variant once, and at least one" % variants)
    fail_with(ctx.label, problems)

    reports = [ctx.actions.declare_file(ctx.label.name + "_errors." + extension) for extension in ["json", "md"]]
    args = ctx.actions.args()
    args.add(src)
    for variant, out in zip(variants, outs):
        args.add("--variant", variant)
        args.add("--out", out)
    if not ranged:
        # Data that no variant reads must not make them be converted anew.
        representative = None
    if representative:
        args.add("--representative_data", representative)
    if ctx.attr.generated_data:
        args.add("--generated_data", ctx.attr.generated_data)
    if evaluation:
        args.add("--evaluation_data", evaluation)
    args.add("--report", reports[0])
    args.add("--table", reports[1])
    ctx.actions.run(
        mnemonic = "TfliteConvert",
        progress_message = "Converting %{input} to TFLite for %{label}",
        executable = ctx.attr._converter[DefaultInfo].files_to_run,
        arguments = [args],
        inputs = files + [file for file in [representative, evaluation] if file],
        outputs = outs + reports,
        execution_requirements = {} if type(src) == "string" else {"supports-path-mapping": "1"},
        resource_set = _resources,
    )
    return reports

def _tflite_model_impl(ctx):
    out = ctx.actions.declare_file(ctx.label.name + ".tflite")
    reports = _convert(ctx, [ctx.attr.variant], [out])
    return [DefaultInfo(files = depset([out])), OutputGroupInfo(report = depset(reports))]

_VARIANT_DOC = """The weights' optimisations and the representation of numbers, joined by `+`, as `p_50+int8_only`:

* `p_50`: half of the weights, the least of all layers together, become zeros; `p_50_layer`: half of each layer's; `p_50_channel`:
  half of each layer's outputs but the last one's; `p_2:4`: two of each four along the inputs of an output stay. No training
  follows: weights that were pruned in training stay as they are.
* `c_16`: at most 16 different weights in each layer.
* `basic`: float32, as trained; where no representation is named. `dynamic`: int8 weights, float32 activations, quantised as they
  come. `float16`: float16 weights. `int8`: int8 weights and activations, float32 inputs and outputs; `int8_only`: all int8.
  `16x8`: int8 weights, int16 activations; `16x8_only`: int16 inputs and outputs, too."""

_ATTRS = {
    "evaluation_data": attr.label(
        allow_files = True,
        doc = """Inputs that were held out, to compare the converted network with the float one on; a file as `representative_data`.
Without it the report takes the representative data, or generated inputs.""",
    ),
    "generated_data": attr.string(
        doc = """In the place of representative data, 250 inputs from a generator: `normal`, `normal(MEAN, DEVIATION)`, `uniform` or
`uniform(LOW, HIGH)`, with `:SEED` behind it for another than 0. Ranges are only as good as the numbers are typical.""",
    ),
    "quantisation_aware": attr.bool(
        doc = "The model was trained with quantisation in mind, and has the ranges of activations itself.",
    ),
    "representative_data": attr.label(
        allow_files = True,
        doc = """Some hundred typical inputs, before quantisation: an `.npz` file with one array for each input of the network, of
shape `[samples, ...shape of the input]`, named as the input (with one input any name will do); or, with one input, a `.csv` file
with one sample in each row. Needed where activations are quantised beforehand; `basic`, `dynamic` and `float16` do not read it.""",
    ),
    "src": attr.label(
        allow_files = True,
        doc = """The trained model: a `.keras` or `.h5` file that Keras 3 reads, or a SavedModel, as a `filegroup` of all its files or
a target that makes its folder.""",
        mandatory = True,
    ),
    "_converter": attr.label(
        cfg = "exec",
        default = "//tools/convert",
        executable = True,
    ),
}

tflite_model = rule(
    implementation = _tflite_model_impl,
    doc = """Converts a trained model to TFLite, batch size 1. Makes NAME.tflite.

```starlark
tflite_model(
    name = "detector_int8",
    src = "detector.keras",
    representative_data = "calibration.npz",
    variant = "int8_only",
)

sni_model(
    name = "detector",
    model = ":detector_int8",
)
```

Output group `report`: NAME_errors.json and NAME_errors.md, how far the outputs are from those of the float network.

This is the only rule that loads TensorFlow. A build without it never fetches TensorFlow.
""",
    attrs = _ATTRS | {
        "variant": attr.string(
            default = "basic",
            doc = _VARIANT_DOC,
        ),
    },
)

def _tflite_variants_impl(ctx):
    outs = {
        variant: ctx.actions.declare_file("%s_%s.tflite" % (ctx.label.name, variant_slug(variant)))
        for variant in ctx.attr.variants
    }
    reports = _convert(ctx, outs.keys(), outs.values())
    groups = {variant_slug(variant): depset([out]) for variant, out in outs.items()}
    return [
        DefaultInfo(files = depset(outs.values())),
        OutputGroupInfo(report = depset(reports), **{"variant_" + slug: files for slug, files in groups.items()}),
    ]

_tflite_variants = rule(
    implementation = _tflite_variants_impl,
    attrs = _ATTRS | {"variants": attr.string_list(mandatory = True)},
)

def tflite_models(name, src, variants, testonly = None, tags = [], visibility = None, **kwargs):
    """Several variants of one trained model, converted in one action: TensorFlow is started once.

    ```starlark
    tflite_models(
        name = "detector",
        src = "detector.keras",
        representative_data = "calibration.npz",
        variants = [
            "basic",
            "int8_only",
            "p_50+int8_only",
        ],
    )

    sni_model(
        name = "small",
        model = ":detector_p_50_int8_only",
    )
    ```

    Makes NAME, all of the files, with the report on all variants in the output group `report`; and for each variant
    NAME_VARIANT, one file, with `_` for `+` and `_of_` for `:`.

    Args:
      name: of the target.
      src: the trained model, as for `tflite_model`.
      variants: list of variants, as for `tflite_model`.
      testonly: as of every target.
      tags: as of every target.
      visibility: as of every target.
      **kwargs: further attributes of `tflite_model`.
    """
    _tflite_variants(
        name = name,
        src = src,
        variants = variants,
        testonly = testonly,
        tags = tags,
        visibility = visibility,
        **kwargs
    )
    for variant in {variant_slug(variant): None for variant in variants}:
        native.filegroup(
            name = "%s_%s" % (name, variant),
            srcs = [":" + name],
            output_group = "variant_" + variant,
            testonly = testonly,
            tags = tags,
            visibility = visibility,
        )

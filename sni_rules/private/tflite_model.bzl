"""The rule tflite_model."""

load(":problems.bzl", "check_choice", "fail_with", "single_file")

# Which variants there are, and whether they need representative data: the same table as in tools/convert/variants.py.
_VARIANTS = {
    "basic": struct(needs_data = False),
    "int8_only": struct(needs_data = True),
}

def _resources(_os, _input_count):
    # TensorFlow alone is 600 MB in memory; several at once must not push a small machine into swapping.
    return {"cpu": 1, "memory": 1024}

def _tflite_model_impl(ctx):
    problems = []
    src = single_file(problems, "src", ctx.attr.src, ["keras"], hints = {
        "h5": "an older format of Keras: load it and save it again with model.save(\"x.keras\")",
        "tflite": "already converted: give it to sni_model as it is",
    })
    data = None
    if ctx.attr.representative_data:
        data = single_file(problems, "representative_data", ctx.attr.representative_data, ["npz", "csv"])
    check_choice(problems, "variant", ctx.attr.variant, _VARIANTS.keys())
    variant = _VARIANTS.get(ctx.attr.variant)
    if variant and variant.needs_data and not ctx.attr.representative_data:
        problems.append(
            ("variant = \"%s\": needs representative_data, to measure the ranges of activations on (an .npz file with one " +
             "array for each input, first axis = samples; or a .csv file with one sample in each row)") % ctx.attr.variant,
        )
    fail_with(ctx.label, problems)

    out = ctx.actions.declare_file(ctx.label.name + ".tflite")
    inputs = [src]
    args = ctx.actions.args()
    args.add(src)
    args.add("--variant", ctx.attr.variant)
    if variant.needs_data:
        args.add("--representative_data", data)
        inputs.append(data)
    args.add("--out", out)
    ctx.actions.run(
        mnemonic = "TfliteConvert",
        progress_message = "Converting %{input} to TFLite for %{label}",
        executable = ctx.attr._converter[DefaultInfo].files_to_run,
        arguments = [args],
        inputs = inputs,
        outputs = [out],
        execution_requirements = {"supports-path-mapping": "1"},
        resource_set = _resources,
    )
    return [DefaultInfo(files = depset([out]))]

tflite_model = rule(
    implementation = _tflite_model_impl,
    doc = """Converts a Keras model to TFLite, batch size 1. Makes NAME.tflite.

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

This is the only rule that loads TensorFlow. A build without it never fetches TensorFlow.
""",
    attrs = {
        "representative_data": attr.label(
            allow_files = True,
            doc = """Some hundred typical inputs, before quantisation: an `.npz` file with one array for each input of the network, of
shape `[samples, ...shape of the input]`, named as the input (with one input any name will do); or, with one input, a `.csv` file
with one sample in each row. Needed by `int8_only`; not read by `basic`.""",
        ),
        "src": attr.label(
            allow_files = True,
            doc = "The trained model, saved by Keras 3 as `.keras`.",
            mandatory = True,
        ),
        "variant": attr.string(
            default = "basic",
            doc = """`basic`: float32, as trained. `int8_only`: int8 weights, activations, inputs and outputs.""",
        ),
        "_converter": attr.label(
            cfg = "exec",
            default = "//tools/convert",
            executable = True,
        ),
    },
)

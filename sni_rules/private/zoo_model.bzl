"""The macro zoo_model."""

load(":problems.bzl", "fail_with", "single_file")

def _resources(_os, _input_count):
    # TensorFlow alone is 600 MB in memory; several at once must not push a small machine into swapping.
    return {"cpu": 1, "memory": 1024}

def _zoo_model_impl(ctx):
    problems = []
    config = single_file(problems, "config", ctx.attr.config, ["yaml", "yml"])
    fail_with(ctx.label, problems)
    args = ctx.actions.args()
    args.add(config)
    args.add("--model", ctx.outputs.model)
    args.add("--data", ctx.outputs.data)
    args.add("--held_out", ctx.outputs.held_out)
    ctx.actions.run(
        mnemonic = "ZooModel",
        progress_message = "Making the network of %{input} for %{label}",
        executable = ctx.attr._zoo[DefaultInfo].files_to_run,
        arguments = [args],
        inputs = [config],
        outputs = [ctx.outputs.model, ctx.outputs.data, ctx.outputs.held_out],
        execution_requirements = {"supports-path-mapping": "1"},
        resource_set = _resources,
    )
    return [DefaultInfo(files = depset([ctx.outputs.model]))]

_zoo_model = rule(
    implementation = _zoo_model_impl,
    attrs = {
        "config": attr.label(
            allow_files = True,
            mandatory = True,
        ),
        "data": attr.output(mandatory = True),
        "held_out": attr.output(mandatory = True),
        "model": attr.output(mandatory = True),
        "_zoo": attr.label(
            cfg = "exec",
            default = "//tools/zoo",
            executable = True,
        ),
    },
)

def zoo_model(name, config, **kwargs):
    """A Keras model from a few lines of YAML: layers, a data set, a seed. Nothing is downloaded.

    ```starlark
    zoo_model(
        name = "cnn_4",
        config = "@sni_rules//tools/zoo:configs/cnn_4.yaml",
    )

    tflite_model(
        name = "cnn_4_int8",
        src = ":cnn_4",
        evaluation_data = ":cnn_4_held_out.npz",
        representative_data = ":cnn_4_data.npz",
        variant = "int8_only",
    )
    ```

    Makes NAME.keras, NAME_data.npz with typical inputs, and NAME_held_out.npz with inputs that neither its weights nor those
    come from. [The keys, the data sets, and what is there](zoo.md).

    Args:
      name: of the target.
      config: a `.yaml` file.
      **kwargs: further attributes of all targets, as `visibility`.
    """
    _zoo_model(
        name = name,
        config = config,
        data = name + "_data.npz",
        held_out = name + "_held_out.npz",
        model = name + ".keras",
        **kwargs
    )

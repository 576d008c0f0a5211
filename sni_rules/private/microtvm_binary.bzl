"""The macro microtvm_binary."""

load(":microtvm_model.bzl", "microtvm_model")
load(":sni_binary.bzl", "sni_binary")

# What goes to both targets.
_COMMON = [
    "compatible_with",
    "exec_compatible_with",
    "features",
    "restricted_to",
    "tags",
    "target_compatible_with",
    "testonly",
]

def microtvm_binary(name, model, pipeline = None, c_name = "", model_copts = [], **kwargs):
    """The program that sni_binary makes, with Apache TVM's code in place of ours.

    ```starlark
    microtvm_binary(
        name = "detector_tvm",
        model = "detector.tflite",
        pipeline = "detector.json",
    )
    ```

    Makes NAME_model, a `microtvm_model`, and NAME, an `sni_binary` of it.

    Args:
      name: name of the program.
      model: the network: a `.tflite` file, or a target that makes one, as `tflite_model`.
      pipeline: a `.json` file that describes pre- and post-processing, as for `sni_model`.
      c_name: prefix of the generated C names and files; the name with `_model` by default.
      model_copts: flags for compiling TVM's C, one in each string.
      **kwargs: further attributes of `sni_binary`.
    """
    common = {attribute: kwargs[attribute] for attribute in _COMMON if attribute in kwargs}
    microtvm_model(
        name = name + "_model",
        c_name = c_name,
        copts = model_copts,
        model = model,
        pipeline = pipeline,
        visibility = ["//visibility:private"],
        **common
    )
    sni_binary(
        name = name,
        model = ":" + name + "_model",
        **kwargs
    )

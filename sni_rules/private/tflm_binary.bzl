"""The macro tflm_binary."""

load(":engine_binary.bzl", "engine_binary")
load(":tflm_model.bzl", "tflm_model")

def tflm_binary(
        name,
        model,
        pipeline = None,
        tflm = None,
        tflm_version = "",
        arena_size = 0,
        c_name = "",
        model_copts = [],
        **kwargs):
    """The program that sni_binary makes, with TensorFlow Lite Micro in place of our code.

    ```starlark
    tflm_binary(
        name = "detector_tflm",
        model = "detector.tflite",
        pipeline = "detector.json",
        tflm = "@tflite_micro//tensorflow/lite/micro:micro_framework",
    )
    ```

    Makes NAME_model, a `tflm_model`, and NAME, an `sni_binary` of it.

    Args:
      name: name of the program.
      model: the network: a `.tflite` file, or a target that makes one, as `tflite_model`.
      pipeline: a `.json` file that describes pre- and post-processing, as for `sni_model`.
      tflm: the library, a label; by default that of the whole build (`--@sni_rules//sni_rules:tflm=...`).
      tflm_version: what reports call the version of the library.
      arena_size: bytes of arena; by default the smallest number that works on the platform.
      c_name: prefix of the generated C names and files; the name with `_model` by default.
      model_copts: flags for compiling the generated C and C++, one in each string.
      **kwargs: further attributes of `sni_binary`.
    """
    engine_binary(
        name,
        tflm_model,
        model_attrs = {
            "arena_size": arena_size,
            "c_name": c_name,
            "copts": model_copts,
            "model": model,
            "pipeline": pipeline,
            "tflm_version": tflm_version,
        } | ({"tflm": tflm} if tflm else {}) | ({"system": kwargs["system"]} if "system" in kwargs else {}),
        program_attrs = kwargs,
    )

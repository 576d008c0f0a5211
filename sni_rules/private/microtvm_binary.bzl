"""The macro microtvm_binary."""

load(":engine_binary.bzl", "engine_binary")
load(":microtvm_model.bzl", "microtvm_model")
load(":mlf_model.bzl", "mlf_model")

def microtvm_binary(name, model = None, mlf = None, pipeline = None, c_name = "", model_copts = [], model_deps = [], **kwargs):
    """The program that sni_binary makes, with Apache TVM's code in place of ours.

    ```starlark
    microtvm_binary(
        name = "detector_tvm",
        model = "detector.tflite",
        pipeline = "detector.json",
    )
    ```

    Makes NAME_model, a `microtvm_model`, or with `mlf` an `mlf_model`, and NAME, an `sni_binary` of it.

    Args:
      name: name of the program.
      model: the network: a `.tflite` file, or a target that makes one, as `tflite_model`. With `mlf`, the one that the
        archive was made from, which is optional then.
      mlf: an archive in Model Library Format, which is used in place of a TVM of our own.
      pipeline: a `.json` file that describes pre- and post-processing, as for `sni_model`.
      c_name: prefix of the generated C names and files; the name with `_model` by default.
      model_copts: flags for compiling TVM's C, one in each string.
      model_deps: with `mlf`, libraries that the archive's sources call, as CMSIS-NN.
      **kwargs: further attributes of `sni_binary`.
    """
    problems = []
    if not model and not mlf:
        problems.append("neither model nor mlf (model = \"x.tflite\", or mlf = \"x.tar\")")
    if model_deps and not mlf:
        problems.append("model_deps: libraries for the sources of an archive, and there is none (mlf = \"x.tar\")")
    if problems:
        fail("\n" + "\n".join(["microtvm_binary(name = \"%s\"): %s" % (name, problem) for problem in problems]))
    engine_binary(
        name,
        mlf_model if mlf else microtvm_model,
        model_attrs = {
            "c_name": c_name,
            "copts": model_copts,
            "model": model,
            "pipeline": pipeline,
        } | ({"deps": model_deps, "mlf": mlf} if mlf else {}),
        program_attrs = kwargs,
    )

"""The engines that a macro can make a program with: for each a function that makes NAME and NAME_model."""

load(":microtvm_binary.bzl", "microtvm_binary")
load(":sni_binary.bzl", "sni_binary")
load(":sni_model.bzl", "sni_model")
load(":tflm_binary.bzl", "tflm_binary")

def _sni(name, model, pipeline, common, linkopts = [], **kwargs):
    sni_model(
        name = name + "_model",
        model = model,
        pipeline = pipeline,
        **(common | kwargs)
    )
    sni_binary(
        name = name,
        linkopts = linkopts,
        model = ":" + name + "_model",
        **common
    )

def _microtvm(name, model, pipeline, common, **kwargs):
    microtvm_binary(
        name = name,
        model = model,
        pipeline = pipeline,
        **(common | kwargs)
    )

def _tflm(name, model, pipeline, common, **kwargs):
    tflm_binary(
        name = name,
        model = model,
        pipeline = pipeline,
        **(common | kwargs)
    )

# make: makes NAME and NAME_model, from (name, model, pipeline, common attributes of all targets, further attributes of the
# model or binary). copts: which of these are the flags of the network's code.
ENGINES = {
    "microtvm": struct(make = _microtvm, copts = "model_copts"),
    "sni": struct(make = _sni, copts = "copts"),
    "tflm": struct(make = _tflm, copts = "model_copts"),
}

def check_engines(problems, engines):
    """Adds a problem for each engine that is not known, and for those that are named twice.

    Args:
      problems: list of strings to add to.
      engines: list of strings.
    """
    for engine in engines:
        if engine not in ENGINES:
            problems.append("engines: \"%s\" is not known (of: %s)" % (engine, ", ".join(sorted(ENGINES))))
    if len(engines) < 1 or len({engine: None for engine in engines}) != len(engines):
        problems.append("engines = %s: each engine once, and at least one" % engines)

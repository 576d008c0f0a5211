"""The engines that a macro can make a program with: for each a function that makes NAME and NAME_model."""

load(":microtvm_binary.bzl", "microtvm_binary")
load(":microtvm_model.bzl", "microtvm_compiled", "microtvm_sources")
load(":sni_binary.bzl", "sni_binary")
load(":sni_model.bzl", "sni_model")
load(":tflm_binary.bzl", "tflm_binary")

def _program(name, common, linkopts):
    """NAME, around NAME_model."""
    sni_binary(
        name = name,
        linkopts = linkopts,
        model = ":" + name + "_model",
        **common
    )

def _sni(name, model, pipeline, common, linkopts = [], **kwargs):
    sni_model(
        name = name + "_model",
        model = model,
        pipeline = pipeline,
        **(common | kwargs)
    )
    _program(name, common, linkopts)

def _microtvm(name, model, pipeline, common, sources = None, **kwargs):
    if sources:
        _microtvm_of(name, sources, common, **kwargs)
        return
    microtvm_binary(
        name = name,
        model = model,
        pipeline = pipeline,
        **(common | kwargs)
    )

def _microtvm_of(name, sources, common, model_copts = [], linkopts = []):
    microtvm_compiled(
        name = name + "_model",
        copts = model_copts,
        sources = sources,
        **common
    )
    _program(name, common, linkopts)

def _share_microtvm(name, model, pipeline, common):
    microtvm_sources(
        name = name,
        model = model,
        pipeline = pipeline,
        **common
    )

def _tflm(name, model, pipeline, common, **kwargs):
    tflm_binary(
        name = name,
        model = model,
        pipeline = pipeline,
        **(common | kwargs)
    )

# make: makes NAME and NAME_model, from (name, model, pipeline, common attributes of all targets, further attributes of the
# model or binary). copts: which of these are the flags of the network's code. share: makes, from (name, model, pipeline,
# common attributes), what is the same on all platforms and for all flags, which `make` then takes as `sources`; or None.
ENGINES = {
    "microtvm": struct(make = _microtvm, copts = "model_copts", share = _share_microtvm),
    "sni": struct(make = _sni, copts = "copts", share = None),
    "tflm": struct(make = _tflm, copts = "model_copts", share = None),
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

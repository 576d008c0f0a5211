"""The int8 models and the platforms that figures are given for."""

load("@sni_shared_models//:models.bzl", "MODELS")

_MLPERF_TINY = {
    "ad01_int8": "ad",
    "kws_ref_model": "kws",
    "pretrainedResnet_quant": "ic",
    "str_ww_ref_model": "sww",
    "vww_96_int8": "vww",
}

# From a model's name in the figures to its label. Those of MLPerf Tiny are there where their files are.
INT8_MODELS = {"ais": "//examples/ais_detector:ais_int8_model"} | {
    name: "//tools/bench/figures:" + name
    for file, name in _MLPERF_TINY.items()
    if file in MODELS
}

# From the name of a target to its file.
INT8_FILES = {
    name: "@sni_shared_models//:%s.tflite" % file
    for file, name in _MLPERF_TINY.items()
    if file in MODELS
}

PLATFORMS = [
    "x86_64",
    "x86_64_v3",
    "armv7l",
    "cortex_m0",
    "cortex_m3",
    "cortex_m4",
    "cortex_m7",
    "cortex_m33",
    "cortex_m55",
]

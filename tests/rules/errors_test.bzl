"""Every error that a rule itself reports, word for word: value, reason, accepted form, and the target's label."""

load("@bazel_skylib//lib:unittest.bzl", "analysistest", "asserts")
load("//sni_rules:defs.bzl", "sni_binary", "sni_kernel_library", "sni_model", "sni_size_report", "sni_test", "tflite_model")
load("//sni_rules/private:toolchain_type.bzl", "SNI_TOOLCHAIN_TYPE", "find_sni_toolchain")  # buildifier: disable=bzl-visibility
load(":stub.bzl", "stub_analysis_test")

_INT8 = "//tests/testdata:dense_int8.tflite"

def _failure_impl(ctx):
    env = analysistest.begin(ctx)
    for text in ctx.attr.texts:
        asserts.expect_failure(env, text)
    return analysistest.end(env)

_failure_test = stub_analysis_test(
    _failure_impl,
    attrs = {"texts": attr.string_list(mandatory = True)},
    expect_failure = True,
)

def _lookup_impl(ctx):
    toolchain = None
    if ctx.attr.registered:
        toolchain = platform_common.ToolchainInfo(another_compiler = "x")
    find_sni_toolchain(ctx.label, {SNI_TOOLCHAIN_TYPE: toolchain})

_lookup = rule(
    implementation = _lookup_impl,
    doc = "Looks for the compiler where none is registered, or one of another making.",
    attrs = {"registered": attr.bool()},
)

def _fails(tests, rule, texts, name, **kwargs):
    """A target that must fail, and the test that it does."""
    rule(name = name, tags = ["manual"], **kwargs)
    test = "error_%s_test" % name.replace("-", "_").replace(".", "_")
    _failure_test(
        name = test,
        target_under_test = ":" + name,
        texts = texts,
    )
    tests.append(test)

def errors_test_suite(name):
    """Tests of the errors of all rules.

    Args:
      name: of the test_suite.
    """
    tests = []
    _model_errors(tests)
    _binary_errors(tests)
    _size_errors(tests)
    _test_errors(tests)
    _tflite_errors(tests)
    _kernel_errors(tests)
    _toolchain_errors(tests)
    native.test_suite(name = name, tests = tests)

def _model_errors(tests):
    _fails(
        tests,
        sni_model,
        name = "bad-name",
        model = _INT8,
        texts = [
            "//tests/rules:bad-name: name = \"bad-name\": not a C identifier, and the generated functions and files " +
            "are named after it (letters, digits and _, no digit first: set c_name = \"bad_name\")",
        ],
    )
    _fails(
        tests,
        sni_model,
        name = "bad_c_name",
        c_name = "3d.model",
        model = _INT8,
        texts = [
            "//tests/rules:bad_c_name: c_name = \"3d.model\": not a C identifier",
            "set c_name = \"m3d_model\")",
        ],
    )
    _fails(
        tests,
        sni_model,
        name = "keras_model",
        model = "detector.keras",
        texts = [
            "//tests/rules:keras_model: model = \"detector.keras\": not a .tflite file " +
            "(sni_model takes .tflite: put a tflite_model before it)",
        ],
    )
    _fails(
        tests,
        sni_model,
        name = "onnx_model",
        model = "detector.onnx",
        texts = ["model = \"detector.onnx\": not a .tflite file (give one, or a target that makes one)"],
    )
    _fails(
        tests,
        sni_model,
        name = "many_models",
        model = ":two_files",
        texts = [
            "model = \"//tests/rules:two_files\": 2 files, where one is needed (a .tflite file, or a target that makes just one)",
        ],
    )
    _fails(
        tests,
        sni_model,
        name = "yaml_pipeline",
        model = _INT8,
        pipeline = "detector.yaml",
        texts = ["//tests/rules:yaml_pipeline: pipeline = \"detector.yaml\": not a .json file"],
    )
    _fails(
        tests,
        sni_model,
        name = "unknown_profile",
        model = _INT8,
        profile = "sse9",
        texts = ["//tests/rules:unknown_profile: profile = \"sse9\": not known (one of: auto, c99, special)"],
    )
    _fails(
        tests,
        sni_model,
        name = "unknown_rounding",
        model = _INT8,
        rounding = "up",
        texts = ["//tests/rules:unknown_rounding: rounding = \"up\": not known (one of: double, single)"],
    )
    _fails(
        tests,
        sni_model,
        name = "all.at.once",
        model = "detector.keras",
        pipeline = "detector.yaml",
        profile = "sse9",
        rounding = "up",
        texts = [
            "//tests/rules:all.at.once: name = ",
            "//tests/rules:all.at.once: model = ",
            "//tests/rules:all.at.once: pipeline = ",
            "//tests/rules:all.at.once: profile = ",
            "//tests/rules:all.at.once: rounding = ",
        ],
    )

def _binary_errors(tests):
    _fails(
        tests,
        sni_binary,
        name = "binary_of_a_file",
        model = _INT8,
        texts = [
            "//tests/rules:binary_of_a_file: model = \"//tests/testdata:dense_int8.tflite\": not a compiled model " +
            "(the label of an sni_model target)",
        ],
    )
    _fails(
        tests,
        sni_binary,
        name = "negative_keys",
        max_keys = -1,
        model = ":plain",
        texts = ["//tests/rules:negative_keys: max_keys = -1: a number of streams (1 or more; leave it out for the default)"],
    )
    _fails(
        tests,
        sni_binary,
        name = "keys_without_runner",
        srcs = ["own_main.c"],
        max_keys = 8,
        model = ":plain",
        texts = [
            "//tests/rules:keys_without_runner: max_keys = 8: sizes the runner, and srcs takes the runner's place " +
            "(remove one of the two)",
        ],
    )

def _test_errors(tests):
    _fails(
        tests,
        sni_test,
        name = "test_of_a_file",
        golden = "golden.npy",
        model = _INT8,
        texts = [
            "//tests/rules:test_of_a_file: model = \"//tests/testdata:dense_int8.tflite\": not a compiled model " +
            "(the label of an sni_model target)",
            "//tests/rules:test_of_a_file: golden = \"golden.npy\": not a .npz file (one array; " +
            "np.savez(\"golden.npz\", input = ..., output = ...) keeps two)",
            "//tests/rules:test_of_a_file: tolerance = \"close\": not a number (as \"1e-5\")",
        ],
        tolerance = "close",
    )

def _size_errors(tests):
    form = "(a number and a unit: B, KB, KiB, MB or MiB, where K is 1024; as \"48KB\" or \"1.5 KB\")"
    _fails(
        tests,
        sni_model,
        name = "bad_budget",
        budget = {
            "flash": "48 kB",
            "heap": "1KB",
            "ram": "lots",
            "stack": "0B",
        },
        model = _INT8,
        profile = "sse9",
        texts = [
            "//tests/rules:bad_budget: profile = ",
            "//tests/rules:bad_budget: budget: flash = \"48 kB\": not a size " + form,
            "//tests/rules:bad_budget: budget: \"heap\": not known (one of: flash, ram, stack)",
            "//tests/rules:bad_budget: budget: ram = \"lots\": not a size " + form,
            "//tests/rules:bad_budget: budget: stack = \"0B\": nothing fits",
        ],
    )
    for index, text in enumerate(["", "KB", "48", "4.8.1KB", "1.KB", "-1KB", "1TB"]):
        _fails(
            tests,
            sni_model,
            name = "budget_%d" % index,
            budget = {"flash": text},
            model = _INT8,
            texts = ["budget: flash = \"%s\": not a size %s" % (text, form)],
        )
    _fails(
        tests,
        sni_size_report,
        name = "sizes_of_files",
        targets = [
            ":plain",
            _INT8,
        ],
        texts = [
            "//tests/rules:sizes_of_files: targets: \"//tests/testdata:dense_int8.tflite\": neither a model nor a program " +
            "(an sni_model, sni_binary, cc_binary or the like)",
        ],
    )
    _fails(
        tests,
        sni_size_report,
        name = "sizes_of_nothing",
        texts = ["//tests/rules:sizes_of_nothing: targets = []: nothing to compare (labels of models and programs)"],
    )

def _tflite_errors(tests):
    _fails(
        tests,
        tflite_model,
        name = "int8_without_data",
        src = "detector.keras",
        texts = [
            "//tests/rules:int8_without_data: variant = \"int8_only\": needs representative_data, to measure the ranges of " +
            "activations on (an .npz file with one array for each input, first axis = samples; or a .csv file with one " +
            "sample in each row)",
        ],
        variant = "int8_only",
    )
    _fails(
        tests,
        tflite_model,
        name = "unknown_variant",
        src = "detector.keras",
        texts = [
            "//tests/rules:unknown_variant: variant = \"p_0+int7\": \"p_0\" is not known (parts joined by +: p_PERCENT, " +
            "p_PERCENT_layer, p_PERCENT_channel or p_N:M (pruning), c_COUNT (clustering), then one of 16x8, 16x8_only, " +
            "basic, dynamic, float16, int8, int8_only)",
        ],
        variant = "p_0+int7",
    )
    _fails(
        tests,
        tflite_model,
        name = "two_sources_of_data",
        src = "detector.keras",
        generated_data = "normal",
        representative_data = "samples.csv",
        texts = [
            "//tests/rules:two_sources_of_data: representative_data and generated_data = \"normal\": two sources of typical " +
            "inputs (leave one out)",
        ],
    )
    _fails(
        tests,
        tflite_model,
        name = "onnx_source",
        src = "detector.onnx",
        texts = [
            "//tests/rules:onnx_source: src = \"detector.onnx\": not a trained model (give a .keras or .h5 file, or the " +
            "files of a SavedModel, saved_model.pb among them)",
        ],
    )
    _fails(
        tests,
        tflite_model,
        name = "converted_source",
        src = _INT8,
        texts = ["src = \"dense_int8.tflite\": not a trained model (already converted: give it to sni_model as it is)"],
    )
    _fails(
        tests,
        tflite_model,
        name = "pickled_data",
        src = "detector.keras",
        representative_data = "samples.pkl",
        texts = ["//tests/rules:pickled_data: representative_data = \"samples.pkl\": not a .npz or .csv file"],
        variant = "int8_only",
    )

def _kernel_errors(tests):
    _fails(
        tests,
        sni_kernel_library,
        name = "bad_kernel",
        function = "npu-conv",
        pattern = {"input": "int8"},
        texts = [
            "//tests/rules:bad_kernel: function = \"npu-conv\": not a C identifier (letters, digits and _, no digit first: " +
            "function = \"npu_conv\")",
            "//tests/rules:bad_kernel: pattern = {\"input\": \"int8\"}: without the operator that the kernel computes " +
            "(\"operator\": \"CONV_2D\")",
        ],
    )

def _toolchain_errors(tests):
    _fails(
        tests,
        _lookup,
        name = "no_toolchain",
        texts = [
            "//tests/rules:no_toolchain: no toolchain of type //sni_rules:toolchain_type for this platform, so there is no " +
            "compiler from networks to C (in MODULE.bazel: register_toolchains(\"@sni_rules//sni_rules:default_toolchain\")",
        ],
    )
    _fails(
        tests,
        _lookup,
        name = "wrong_toolchain",
        registered = True,
        texts = [
            "//tests/rules:wrong_toolchain: the registered toolchain of type //sni_rules:toolchain_type offers no " +
            "SniToolchainInfo (toolchain(toolchain = ...) must name an sni_toolchain target)",
        ],
    )

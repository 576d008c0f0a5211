"""The optional models that lie beside the workspace, as files of a repository: a module extension for tests and benchmarks."""

_BUILD = """exports_files(glob(["*.tflite"], allow_empty = True))
"""

def _shared_models_impl(ctx):
    folder = ctx.os.environ.get("SNI_SHARED")
    names = []
    if folder:
        for file in sorted(ctx.path(folder).get_child("models").get_child("mlperf_tiny").readdir(), key = str):
            if file.basename.endswith(".tflite"):
                ctx.symlink(file, file.basename)
                names.append(file.basename.removesuffix(".tflite"))
    ctx.file("BUILD.bazel", _BUILD)
    ctx.file("models.bzl", "\"\"\"Which there are.\"\"\"\n\nMODELS = %s\n" % repr(names))

_shared_models = repository_rule(
    implementation = _shared_models_impl,
    environ = ["SNI_SHARED"],
    local = True,
)

def _shared_impl(_ctx):
    _shared_models(name = "sni_shared_models")

shared = module_extension(
    implementation = _shared_impl,
    doc = "MLPerf Tiny's models from the folder that SNI_SHARED names, or none: `@sni_shared_models//:NAME.tflite`.",
)

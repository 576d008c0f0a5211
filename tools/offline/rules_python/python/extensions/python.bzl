"""The `python` extension: accepts the tags of rules_python; the system's Python serves for all of them."""

def _python_impl(_module_ctx):
    pass

_toolchain = tag_class(attrs = {
    "is_default": attr.bool(),
    "python_version": attr.string(mandatory = True),
})

python = module_extension(
    implementation = _python_impl,
    tag_classes = {"toolchain": _toolchain},
)

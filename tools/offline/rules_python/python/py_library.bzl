"""Bazel 7's own py_library, and what rules_python calls precompiling: large libraries come with their .pyc files."""

_LARGE = 8
_TAG = "cpython-313"  # Python's name for the version in tools/offline/rootfs.sh; with another these files do no harm

def _compiled_impl(ctx):
    arguments = ctx.actions.args()
    made = []
    sources = [source for source in ctx.files.srcs if source.owner.package == ctx.label.package]
    for source in sources:
        name = "__pycache__/%s.%s.pyc" % (source.basename.removesuffix(".py"), _TAG)
        made.append(ctx.actions.declare_file(name, sibling = source))
        arguments.add_all([source, made[-1]])
    ctx.actions.run(
        mnemonic = "PyCompile",
        progress_message = "Compiling Python of %{label}",
        executable = "/usr/bin/python3",
        arguments = ["-I", "-S", ctx.file._compile.path, arguments],
        inputs = sources + [ctx.file._compile],
        outputs = made,
    )
    return [DefaultInfo(files = depset(made), runfiles = ctx.runfiles(made))]

_compiled = rule(
    implementation = _compiled_impl,
    attrs = {
        "srcs": attr.label_list(allow_files = [".py"], mandatory = True),
        "_compile": attr.label(default = "//python/private:compile.py", allow_single_file = True),
    },
)

# buildifier: disable=native-py
def py_library(name, srcs = [], data = [], **kwargs):
    """See rules_python.

    Args:
      name: as of every target.
      srcs: Python files.
      data: as of every target.
      **kwargs: further attributes.
    """
    if type(srcs) == "list" and len(srcs) >= _LARGE:  # no select()
        compiled = name + ".pyc"
        _compiled(name = compiled, srcs = srcs, testonly = kwargs.get("testonly", False), tags = ["manual"])
        data = data + [compiled]
    native.py_library(name = name, srcs = srcs, data = data, **kwargs)

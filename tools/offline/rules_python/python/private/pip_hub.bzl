"""A repository with the packages of a lock file: `@hub//numpy` is a py_library of NumPy and all that it needs."""

_TIMEOUT_S = 3600  # TensorFlow over a slow line

def _run(rctx, what, arguments):
    rctx.report_progress(what)
    result = rctx.execute(arguments, timeout = _TIMEOUT_S, environment = {"PYTHONNOUSERSITE": "1"})
    if result.return_code:
        fail("{}: {} failed:\n{}{}".format(rctx.attr.requirements_lock, what, result.stdout, result.stderr))

def _pip_hub_impl(rctx):
    python = rctx.which("python3")
    if not python:
        fail("python3 is not on PATH; it is needed to install {}".format(rctx.attr.requirements_lock))
    lock = rctx.path(rctx.attr.requirements_lock)
    rctx.watch(lock)
    _run(rctx, "pip install", [
        python,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--require-hashes",
        "--only-binary=:all:",
        "--no-compile",
        "--no-warn-script-location",
        "--root-user-action=ignore",
        "--disable-pip-version-check",
        "--target=installed",
        "--requirement",
        lock,
    ])
    _run(rctx, "splitting by package", [python, rctx.path(rctx.attr._split), "installed"])

pip_hub = repository_rule(
    implementation = _pip_hub_impl,
    attrs = {
        "requirements_lock": attr.label(allow_single_file = True, mandatory = True),
        "_split": attr.label(default = ":split.py"),
    },
)

"""The repository @buildifier: the Starlark formatter, from the npm package that its makers publish.

Without npm a `buildifier` on PATH serves, and without that a program that says what is missing, so that only what
runs buildifier fails.
"""

_PACKAGE = "@bazel/buildifier@8.2.1"
_INTEGRITY = "sha512-eZ/Aq+2r4PcJa6LbPCT6ffgIJfTU/gYilqIzoX2OLM4nNkbQC6tTMPZNn7aHHjhGPxbNLv41zm4Xqt1olCLgXw=="

_MISSING = """\
#!/bin/sh
echo "error: buildifier: {reason}; install npm, or put buildifier on PATH" >&2
exit 1
"""

def _from_npm(rctx, npm):
    """Fetches the package and links its program; returns why it could not, or None."""
    rctx.report_progress("npm pack {}".format(_PACKAGE))
    packed = rctx.execute([npm, "pack", _PACKAGE, "--silent", "--pack-destination=."])
    if packed.return_code:
        return "npm pack {} failed: {}".format(_PACKAGE, packed.stderr.strip().replace('"', "'"))
    archive = packed.stdout.strip().split("\n")[-1]
    rctx.download_and_extract(
        url = "file://{}".format(rctx.path(archive)),
        integrity = _INTEGRITY,
    )
    os = {"linux": "linux", "mac os x": "darwin"}.get(rctx.os.name)
    cpu = {"aarch64": "arm64", "amd64": "amd64", "x86_64": "amd64"}.get(rctx.os.arch)
    program = "package/buildifier-{}_{}".format(os, cpu)
    if not rctx.path(program).exists:
        return "{} has no program for {} on {}".format(_PACKAGE, rctx.os.name, rctx.os.arch)
    rctx.symlink(program, "buildifier")
    return None

def _buildifier_repository_impl(rctx):
    rctx.file("BUILD.bazel", 'exports_files(["buildifier"], visibility = ["//visibility:public"])\n')
    npm = rctx.which("npm")
    reason = _from_npm(rctx, npm) if npm else "npm is not on PATH"
    if reason:
        found = rctx.which("buildifier")
        if found:
            rctx.symlink(found, "buildifier")
        else:
            rctx.file("buildifier", _MISSING.format(reason = reason), executable = True)

_buildifier_repository = repository_rule(
    implementation = _buildifier_repository_impl,
    environ = ["PATH"],
)

def _buildifier_impl(_module_ctx):
    _buildifier_repository(name = "buildifier")

buildifier = module_extension(implementation = _buildifier_impl)

"""The `pip` extension: each hub is made from its lock file by pip itself."""

load("//python/private:pip_hub.bzl", "pip_hub")

def _pip_impl(module_ctx):
    locks = {}
    for module in module_ctx.modules:
        for tag in module.tags.parse:
            # One tag for each Python version: here there is only the system's.
            locks.setdefault(tag.hub_name, tag.requirements_lock)
    for hub_name, lock in locks.items():
        pip_hub(name = hub_name, requirements_lock = lock)

_parse = tag_class(attrs = {
    "hub_name": attr.string(mandatory = True),
    "python_version": attr.string(mandatory = True),
    "requirements_lock": attr.label(mandatory = True),
})

pip = module_extension(
    implementation = _pip_impl,
    tag_classes = {"parse": _parse},
)

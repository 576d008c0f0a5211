"""Which kernels the target platform's processor has kernels of its own for."""

load("//platforms:table.bzl", "CORES", "LINUX", "MVES")

AUTO = "auto"
_PORTABLE = "c99"

# Of processors with Linux: what tells them, and their profiles.
_LINUX = [(row.constraints, row.profile) for row in LINUX.values()]

# What the platform is asked for: attributes of a rule that calls `choose_profile`.
PROFILE_ATTRS = {
    "_cores": attr.label_list(
        default = [Label("//platforms/core:" + core) for core in CORES],
        providers = [platform_common.ConstraintValueInfo],
    ),
    "_isas": attr.label_list(
        default = {Label(constraint): None for constraints, _ in _LINUX for constraint in constraints}.keys(),
        providers = [platform_common.ConstraintValueInfo],
    ),
    "_mves": attr.label_list(
        default = [Label("//platforms/mve:" + mve) for mve in MVES],
        providers = [platform_common.ConstraintValueInfo],
    ),
}

def _held(ctx, values):
    """The labels of the constraint values that the target platform has."""
    return [
        value.label
        for value in values
        if ctx.target_platform_has_constraint(value[platform_common.ConstraintValueInfo])
    ]

def choose_profile(ctx, profile, known):
    """The profile itself, or for `auto` the one made for the target platform's processor.

    Args:
      ctx: the rule's context; it has the attributes PROFILE_ATTRS.
      profile: string, one of `known` or `auto`.
      known: list of strings, the profiles of the compiler.

    Returns:
      string: for `auto` `c99` where the processor is not known, or the compiler has no kernels for it, and in debug builds:
      their code is for a person to step through, and kernels in assembly want more registers than it leaves.
    """
    if profile != AUTO:
        return profile
    if ctx.var["COMPILATION_MODE"] == "dbg":
        return _PORTABLE
    found = _PORTABLE
    isas = _held(ctx, ctx.attr._isas)
    for constraints, own in _LINUX:
        if all([Label(constraint) in isas for constraint in constraints]):
            found = own
    for core in _held(ctx, ctx.attr._cores):
        mves = [mve.name for mve in _held(ctx, ctx.attr._mves)]
        found = CORES[core.name].profiles.get((mves or ["none"])[0], _PORTABLE)
    return found if found in known else _PORTABLE

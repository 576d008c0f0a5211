"""Names of variants in a suite's file."""

from __future__ import annotations

from tools.bench.suite.fields import meant
from tools.convert.variants import ACCEPTED, REPRESENTATIONS, VariantError, variant_of

_LONGEST = 100


def wrong_variant(name: str) -> str | None:
    """What is wrong with the name of a variant, if anything, and what is accepted."""
    if len(name) > _LONGEST or not name.isprintable():
        return f"no variant; accepted: {ACCEPTED}"
    try:
        variant_of(name)
    except VariantError as error:
        unknown = [part for part in name.split("+") if part not in REPRESENTATIONS]
        near = next((hint for part in unknown if (hint := meant(part, REPRESENTATIONS))), "")
        reason = str(error).split(": ", 1)[1].split("; accepted")[0].removeprefix(f'"{name}" is ')
        return f"{reason}{near}; accepted: {ACCEPTED}"
    return None

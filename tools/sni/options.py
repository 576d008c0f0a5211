"""What a user can choose about the generated code."""

from __future__ import annotations

from dataclasses import dataclass

from tools.sni.numerics.multiplier import ROUNDINGS


@dataclass(frozen=True)
class Profile:
    """A set of kernels for one kind of core. A layer takes its kernel from the first name of `chain` that has one."""

    name: str
    chain: tuple[str, ...]
    description: str


PROFILES = {
    profile.name: profile
    for profile in (
        Profile("c99", ("c99",), "portable C99, the reference; written for compilers to vectorise"),
        Profile("dsp", ("dsp", "c99"), "Cortex-M4, M7, M33: the DSP extension of ARMv7E-M and ARMv8-M; for int8"),
    )
}

OPTIMISATIONS = {
    "balanced": "speed where it costs little flash: layers of a kind share their loops",
    "speed": "loops of a layer's own, with its shapes folded in",
}
"""What to spend flash on."""


@dataclass(frozen=True)
class Options:
    """name: prefix of C names and files. profile: of PROFILES. rounding: of requantisation, of ROUNDINGS.

    optimise: of OPTIMISATIONS.
    """

    name: str
    profile: str = "c99"
    rounding: str = "double"
    optimise: str = "balanced"

    def __str__(self) -> str:
        extra = "" if self.optimise == "balanced" else f" --optimize {self.optimise}"
        return f"--profile {self.profile} --rounding {self.rounding}{extra}"


__all__ = ["OPTIMISATIONS", "PROFILES", "ROUNDINGS", "Options", "Profile"]

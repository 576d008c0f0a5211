"""What a user can choose about the generated code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tools.sni.numerics.multiplier import ROUNDINGS

if TYPE_CHECKING:
    from tools.sni.external.library import KernelLibrary


@dataclass(frozen=True)
class Profile:
    """A set of kernels for one kind of core. A layer takes its kernel from the first name of `chain` that has one.

    per_mac: about the instructions that an int8 network takes for each of its multiply-accumulates.
    """

    name: str
    chain: tuple[str, ...]
    description: str
    per_mac: float = 1.0


PROFILES = {
    profile.name: profile
    for profile in (
        Profile("c99", ("c99",), "portable C99, the reference; written for compilers to vectorise"),
        Profile(
            "dsp",
            ("dsp", "c99"),
            "Cortex-M4, M7, M33: the DSP extension of ARMv7E-M and ARMv8-M; int8, int16x8, float32",
        ),
        Profile(
            "mve",
            ("mve", "mve_integer", "dsp", "c99"),
            "Cortex-M55: the vector extension of ARMv8.1-M (Helium); int8, int16x8, float32",
            0.2,
        ),
        Profile(
            "mve_integer",
            ("mve_integer", "dsp", "c99"),
            "Cortex-M55 with vectors of integers alone; int8, int16x8",
            0.2,
        ),
        Profile("neon", ("neon", "c99"), "ARMv7-A with NEON; int8, int16x8, float32", 0.25),
        Profile("scalar", ("scalar", "c99"), "Cortex-M0 and M0+: as many sums as there are registers; for int8"),
        Profile("scalar_m3", ("scalar_m3", "scalar", "c99"), "Cortex-M3: also by products of 64 bits; for int8"),
        Profile(
            "x86", ("x86", "c99"), "x86-64: SSE4.1, AVX2, AVX-VNNI or AVX-512 VNNI, whichever the processor has", 0.3
        ),
    )
}

OPTIMISATIONS = {
    "balanced": "speed where it costs little flash: layers of a kind share their loops",
    "speed": "loops of a layer's own, with its shapes folded in",
    "ram": "as balanced, but the layers that need most memory are computed a few rows at a time",
}
"""What to spend flash on, and what to save."""


@dataclass(frozen=True)
class Choices:
    """What is chosen about the code of any engine. name: prefix of C names and files."""

    name: str

    @property
    def named(self) -> Mapping[str, str]:
        """The other choices by their names, for the report."""
        return {}

    def __str__(self) -> str:
        return " ".join(f"--{name} {value}" for name, value in self.named.items())


@dataclass(frozen=True)
class Options(Choices):
    """What is chosen about this compiler's own code.

    profile: of PROFILES. rounding: of requantisation, of ROUNDINGS. optimise: of OPTIMISATIONS.
    kernels: of the user's own; a layer takes the first whose pattern it matches, before any of the profile's.
    """

    profile: str = "c99"
    rounding: str = "double"
    optimise: str = "balanced"
    kernels: tuple[KernelLibrary, ...] = ()

    @property
    def named(self) -> Mapping[str, str]:
        extra = {} if self.optimise == "balanced" else {"optimize": self.optimise}
        if self.kernels:
            extra["kernels"] = ",".join(library.function for library in self.kernels)
        return {"profile": self.profile, "rounding": self.rounding, **extra}


__all__ = ["OPTIMISATIONS", "PROFILES", "ROUNDINGS", "Choices", "Options", "Profile"]

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
    for profile in (Profile("c99", ("c99",), "portable C99, the reference; written for compilers to vectorise"),)
}


@dataclass(frozen=True)
class Options:
    """name: prefix of C names and files. profile: of PROFILES. rounding: of requantisation, of ROUNDINGS."""

    name: str
    profile: str = "c99"
    rounding: str = "double"

    def __str__(self) -> str:
        return f"--profile {self.profile} --rounding {self.rounding}"


__all__ = ["PROFILES", "ROUNDINGS", "Options", "Profile"]

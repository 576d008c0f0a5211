"""Which levels of the profile `x86` this machine has, by what its system says of the processor."""

from __future__ import annotations

import functools
import platform
from collections.abc import Mapping
from pathlib import Path

_AVX_VNNI = 3

NEEDS = {
    0: frozenset(),
    1: frozenset({"sse4_1"}),
    2: frozenset({"avx2", "fma"}),
    3: frozenset({"avx2", "fma", "avx_vnni"}),
    4: frozenset({"avx2", "fma", "avx512f", "avx512dq", "avx512bw", "avx512vl", "avx512_vnni"}),
    5: frozenset({"avx2", "fma", "avx512f", "avx512dq", "avx512bw", "avx512vl", "avx512_vnni", "avx512vbmi"}),
}
"""The flags, as Linux names them, that a level needs."""


@functools.cache
def flags() -> frozenset[str]:
    """Of the processor; none where there is no such file, or on another architecture."""
    path = Path("/proc/cpuinfo")
    if platform.machine() != "x86_64" or not path.exists():
        return frozenset()
    lines = path.read_text(encoding="utf-8").splitlines()
    return frozenset(next((line.partition(":")[2] for line in lines if line.startswith("flags")), "").split())


def _runs(level: int) -> bool:
    return NEEDS[level] <= flags() or (level == _AVX_VNNI and NEEDS[4] <= flags())


@functools.cache
def levels() -> tuple[int, ...]:
    """Those that can be run here, with `runnable` code. Says which cannot, and what they lack."""
    for level, needed in NEEDS.items():
        if not _runs(level):
            print(f"level {level} is not run: the processor lacks {', '.join(sorted(needed - flags()))}")
    return tuple(filter(_runs, NEEDS))


def runnable(files: Mapping[str, str]) -> dict[str, str]:
    """A model's files, changed so that the levels of `levels` run here.

    AVX-VNNI has one encoding of its products and AVX-512 VNNI another, for the same operation on vectors of 256 bits.
    Processors with the second alone are many: on one of them the code of level 3 takes that encoding.
    """
    if NEEDS[_AVX_VNNI] <= flags() or not _runs(_AVX_VNNI):
        return dict(files)
    other = {'"avx2,fma,avxvnni"': '"avx2,fma,avx512f,avx512vl,avx512vnni"', "_avx_epi32(": "_epi32("}
    return {
        name: functools.reduce(lambda text, pair: text.replace(*pair), other.items(), text)
        for name, text in files.items()
    }

"""Which levels of the profile `x86` this machine has, by what its system says of the processor."""

from __future__ import annotations

import functools
import platform
from pathlib import Path

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


@functools.cache
def levels() -> tuple[int, ...]:
    """Those that can be run here. Says which cannot, and what they lack."""
    for level, needed in NEEDS.items():
        if not needed <= flags():
            print(f"level {level} is not run: the processor lacks {', '.join(sorted(needed - flags()))}")
    return tuple(level for level, needed in NEEDS.items() if needed <= flags())

"""What identifies a program on TensorFlow Lite Micro."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tools.sni.options import Choices
from tools.sni.program import Engine
from tools.sni.version import VERSION


@dataclass(frozen=True)
class TflmOptions(Choices):
    """arena_size: bytes; None for the smallest that works. version: what the library is called in the report."""

    arena_size: int | None = None
    version: str = "unknown"

    @property
    def named(self) -> Mapping[str, str]:
        return {"arena_size": "smallest" if self.arena_size is None else str(self.arena_size)}

    @property
    def engine(self) -> Engine:
        """The library, which has no version of its own."""
        return Engine("tflm", self.version, f"sni_rules {VERSION} for TensorFlow Lite Micro, version {self.version}")

"""What identifies code made by TVM."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version

from tools.sni.options import Choices
from tools.sni.program import Engine
from tools.sni.version import VERSION


@dataclass(frozen=True)
class TvmOptions(Choices):
    """There is nothing to choose: the passes are always the same (tools/microtvm/lowering.py)."""

    @property
    def named(self) -> Mapping[str, str]:
        return {"target": "c"}


def engine() -> Engine:
    """This TVM."""
    tvm = version("apache-tvm")
    return Engine("microtvm", tvm, f"Apache TVM {tvm} under sni_rules {VERSION}")

"""dequantise: the network's output as real numbers."""

from __future__ import annotations

from dataclasses import dataclass

from tools.sni.pipeline.after.after import AFTER, Network, OutputStep, Surroundings, Value, named


@AFTER.register("dequantise")
@dataclass(frozen=True, kw_only=True)
class Dequantise(OutputStep):
    """scale * (stored - zero point); float32 outputs as they are."""

    dequantises = True

    def values(self, network: Network) -> tuple[Value, ...]:
        return named(self.name, self.tensor(network).elements)

    def element(self, index: str, around: Surroundings) -> str:
        return around.real(f"{around.output}[{index}]")

    def formula(self, network: Network) -> str:
        return f"output {self.output} as real numbers"

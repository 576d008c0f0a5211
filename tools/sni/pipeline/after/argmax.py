"""argmax: which element of the network's output is the greatest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tools.sni.pipeline.after.after import AFTER, Network, OutputStep, Surroundings, Value, wrong_labels
from tools.sni.pipeline.kinds import List, Text
from tools.sni.pipeline.records import entry


@AFTER.register("argmax")
@dataclass(frozen=True, kw_only=True)
class ArgMax(OutputStep):
    """Index of the greatest stored element, which is also that of the greatest real one; of equal ones the first."""

    template = "argmax"

    labels: tuple[str, ...] = entry(List(Text()), default=())

    def problems(self, network: Network) -> Iterator[tuple[str, str]]:
        yield from super().problems(network)
        if self.output < len(network.outputs):
            yield from wrong_labels(self.labels, self.tensor(network))

    def values(self, network: Network) -> tuple[Value, ...]:
        labels = self.labels or tuple(str(index) for index in range(self.tensor(network).elements))
        return (Value(self.name, "label", labels),)

    def context(self, network: Network) -> dict[str, object]:
        return {"type": self.tensor(network).dtype.c, "count": self.tensor(network).elements}

    def element(self, index: str, around: Surroundings) -> str:
        return f"(float){around.prefix}_pipeline_index_{self.name}({around.output})"

    def formula(self, network: Network) -> str:
        return f"index of the greatest element of output {self.output}"

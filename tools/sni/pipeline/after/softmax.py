"""softmax: the network's output as probabilities."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tools.sni.pipeline.after.after import (
    AFTER,
    Network,
    OutputStep,
    Surroundings,
    Value,
    named,
    wrong_labels,
)
from tools.sni.pipeline.kinds import List, Text
from tools.sni.pipeline.records import entry


@AFTER.register("softmax")
@dataclass(frozen=True, kw_only=True)
class Softmax(OutputStep):
    """exp(x[i] - max(x)) / sum of exp(x[j] - max(x)): the greatest term is 1, so nothing overflows."""

    template = "softmax"
    dequantises = True
    variables = ("greatest", "sum")

    labels: tuple[str, ...] = entry(List(Text()), default=())

    def problems(self, network: Network) -> Iterator[tuple[str, str]]:
        yield from super().problems(network)
        if self.output < len(network.outputs):
            yield from wrong_labels(self.labels, self.tensor(network))

    def values(self, network: Network) -> tuple[Value, ...]:
        return named(self.name, self.tensor(network).elements, self.labels)

    def context(self, network: Network) -> dict[str, object]:
        return {"type": self.tensor(network).dtype.c, "count": self.tensor(network).elements}

    def initial(self, around: Surroundings) -> tuple[str, ...]:
        greatest = f"{around.prefix}_pipeline_greatest_{self.name}({around.output})"
        total = f"{around.prefix}_pipeline_sum_{self.name}({around.output}, {around.variables['greatest']})"
        return greatest, total

    def element(self, index: str, around: Surroundings) -> str:
        real = around.real(f"{around.output}[{index}]")
        return f"expf({real} - {around.variables['greatest']}) / {around.variables['sum']}"

    def formula(self, network: Network) -> str:
        return f"softmax of output {self.output}"

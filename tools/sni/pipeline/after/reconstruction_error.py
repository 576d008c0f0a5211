"""reconstruction_error: how far an autoencoder's output is from what it was shown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tools.sni.pipeline.after.after import AFTER, Network, OutputStep, Surroundings, Value, named
from tools.sni.pipeline.kinds import Boolean, Choice, Integer
from tools.sni.pipeline.records import entry


@AFTER.register("reconstruction_error")
@dataclass(frozen=True, kw_only=True)
class ReconstructionError(OutputStep):
    """Mean of (output - window)^2 or |output - window|, over the newest `steps` rows and all features or each alone.

    Both are real numbers, dequantised; the window is what the network was given, rounding and saturation included.
    """

    template = "reconstruction_error"
    dequantises = True
    reads_window = True

    metric: str = entry(Choice(("mse", "mae")))
    per_feature: bool = entry(Boolean(), default=False)
    steps: int | None = entry(Integer(1), default=None)

    def problems(self, network: Network) -> Iterator[tuple[str, str]]:
        yield from super().problems(network)
        if self.output < len(network.outputs) and self.tensor(network).elements != network.input.elements:
            made, shown = self.tensor(network), network.input
            message = f"{made} has {made.elements} elements, but a reconstruction has as many as the input, {shown}: "
            yield "output", message + str(shown.elements)
        if self.steps is not None and self.steps > network.length:
            yield "steps", f"{self.steps} is more than the {network.length} rows of the window"

    def values(self, network: Network) -> tuple[Value, ...]:
        return named(self.name, 1, network.features if self.per_feature else ())

    def context(self, network: Network) -> dict[str, object]:
        steps = self._steps(network)
        return {
            "type": self.tensor(network).dtype.c,
            "window_type": network.input.dtype.c,
            "oldest": "pipeline->next" if network.length > 1 else "0",
            "length": network.length,
            "features": len(network.features),
            "first": network.length - steps,
            "count": steps if self.per_feature else steps * len(network.features),
            "per_feature": self.per_feature,
            "squared": self.metric == "mse",
            "formula": self.formula(network),
        }

    def element(self, index: str, around: Surroundings) -> str:
        feature = f", {index}" if self.per_feature else ""
        return f"{around.prefix}_pipeline_error_{self.name}(pipeline, {around.output}{feature})"

    def formula(self, network: Network) -> str:
        error = "mean squared error" if self.metric == "mse" else "mean absolute error"
        steps = self._steps(network)
        rows = "the window" if steps == network.length else f"the newest {steps} of {network.length} rows"
        return f"{error} of output {self.output} over {rows}{', of each feature' if self.per_feature else ''}"

    def _steps(self, network: Network) -> int:
        return network.length if self.steps is None else self.steps

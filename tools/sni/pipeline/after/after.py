"""What every step after the network has: values, computed of the network's output and of steps before."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from tools.sni.ir import Tensor
from tools.sni.pipeline.kinds import Boolean, Identifier, Integer
from tools.sni.pipeline.records import entry
from tools.sni.pipeline.registry import Registry


@dataclass(frozen=True)
class Network:
    """What a step can know: the tensors at both ends, and what one row and one window put into the input."""

    input: Tensor
    outputs: tuple[Tensor, ...]
    features: tuple[str, ...]
    length: int


@dataclass(frozen=True)
class Value:
    """One number of a step. name: its column in the result row. kind: "real", "flag" (0 or 1) or "label" (an index)."""

    name: str
    kind: str = "real"
    labels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Surroundings:
    """The C names around a step. Its own static functions are called PREFIX_pipeline_WORD_NAME, with one word.

    output: variable that points to the
    output the step reads. real, seen: turn the C expression of a stored element of that output, or of the window, into
    that of the real number. values: earlier values by name. variables: the step's own variables by name.
    """

    prefix: str
    output: str
    real: Callable[[str], str]
    seen: Callable[[str], str]
    values: Mapping[str, str]
    variables: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class After:
    """One entry of `after`. A subclass adds its keys as fields, and says how the values are computed.

    template: stem of a template beside the subclass with the step's static functions. dequantises, reads_window:
    whether the C of the step uses `real` and `seen`. variables: floats of the result function that are computed once,
    before the step's values.
    """

    op: ClassVar[str]
    template: ClassVar[str | None] = None
    dequantises: ClassVar[bool] = False
    reads_window: ClassVar[bool] = False
    variables: ClassVar[tuple[str, ...]] = ()

    name: str = entry(Identifier())
    hidden: bool = entry(Boolean(), default=False)

    @property
    def reads(self) -> tuple[str, ...]:
        """Names of the earlier values that the step is computed of."""
        return ()

    @property
    def reads_output(self) -> int | None:
        """Index of the network output that the step reads."""
        return None

    def problems(self, network: Network) -> Iterator[tuple[str, str]]:
        """Why the step does not fit the network: pairs of key and message."""
        yield from ()

    def values(self, network: Network) -> tuple[Value, ...]:
        """What the step adds, in the order of its elements. Only called when there are no problems."""
        raise NotImplementedError

    def context(self, network: Network) -> dict[str, object]:
        """What the template wants to know beyond `name` and the fields of Surroundings."""
        return {}

    def initial(self, around: Surroundings) -> tuple[str, ...]:
        """C expressions of the `variables`, in their order; each may use the ones before."""
        return ()

    def element(self, index: str, around: Surroundings) -> str:
        """One value as a C expression of float type. index: C expression of its position among the step's values."""
        raise NotImplementedError

    def formula(self, network: Network) -> str:
        """The values in words, for comments and reports."""
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class OutputStep(After):
    """A step that reads one of the network's outputs."""

    output: int = entry(Integer(0), default=0)

    @property
    def reads_output(self) -> int | None:
        return self.output

    def problems(self, network: Network) -> Iterator[tuple[str, str]]:
        """Whether the output is there and holds numbers that can be dequantised."""
        if self.output >= len(network.outputs):
            known = "only output 0" if len(network.outputs) == 1 else f"outputs 0 to {len(network.outputs) - 1}"
            yield "output", f"there is no output {self.output}: the network has {known}"
        elif self.dequantises and (reason := not_real(network.outputs[self.output])):
            yield "output", f"{self.op} cannot read {network.outputs[self.output]}: {reason}"

    def tensor(self, network: Network) -> Tensor:
        return network.outputs[self.output]


def not_real(tensor: Tensor) -> str | None:
    """Why the elements of a tensor cannot be turned into real numbers and back; None when they can."""
    if tensor.dtype.value == "float32":
        return None
    if tensor.dtype.value not in ("int8", "uint8", "int16"):
        return f"{tensor.dtype.value} is not among float32, int8, uint8, int16"
    if tensor.quantisation is None:
        return "its integers have no scale"
    if tensor.quantisation.per_channel:
        return "it has several scales, of which a pipeline can use only one"
    return None


def wrong_labels(labels: tuple[str, ...], tensor: Tensor) -> Iterator[tuple[str, str]]:
    """The problem of as many labels as there are not elements."""
    if labels and len(labels) != tensor.elements:
        yield "labels", f"{len(labels)} labels for the {tensor.elements} elements of {tensor}"


def named(name: str, count: int, suffixes: tuple[str, ...] = ()) -> tuple[Value, ...]:
    """Real values `name_SUFFIX`, numbered without suffixes; a single one without suffix has the name alone."""
    if not suffixes and count == 1:
        return (Value(name),)
    return tuple(Value(f"{name}_{suffix}") for suffix in suffixes or range(count))


AFTER: Registry[After] = Registry()

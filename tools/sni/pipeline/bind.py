"""A pipeline put to one network: whether the two fit, and what the result row becomes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tools.sni.errors import CompileError
from tools.sni.ir import Tensor
from tools.sni.pipeline.after import AFTER, After, Network, Value, not_real
from tools.sni.pipeline.kinds import listed, quoted
from tools.sni.pipeline.model import Pipeline
from tools.sni.pipeline.records import Report, suggestion


@dataclass(frozen=True)
class BoundStep:
    """A step after the network with its values. first: position of the first one in the result row, None if hidden."""

    step: After
    values: tuple[Value, ...]
    first: int | None


@dataclass(frozen=True)
class BoundPipeline:
    """A pipeline that fits its network."""

    pipeline: Pipeline
    network: Network
    after: tuple[BoundStep, ...]

    @property
    def results(self) -> tuple[Value, ...]:
        """The values of the result row, in order."""
        return tuple(value for bound in self.after if bound.first is not None for value in bound.values)

    @property
    def keeps_window(self) -> bool:
        """Whether rows are kept; a window of one row that nobody looks back at goes straight into the network."""
        return self.pipeline.window.length > 1 or any(bound.step.reads_window for bound in self.after)


def bind(pipeline: Pipeline, inputs: Sequence[Tensor], outputs: Sequence[Tensor]) -> BoundPipeline:
    """Puts a pipeline to the network with these inputs and outputs. Raises CompileError with all that does not fit."""
    report = Report(pipeline.file)
    if len(inputs) != 1:
        report.add("", f"a pipeline feeds networks of one input; this one has {len(inputs)} ({_listed(inputs)})")
    else:
        _check_input(pipeline, inputs[0], report)
    if not inputs:
        raise CompileError(report.problems)
    network = Network(inputs[0], tuple(outputs), pipeline.features, pipeline.window.length)
    after = _bind_after(pipeline, network, report)
    if len(report):
        raise CompileError(report.problems)
    return BoundPipeline(pipeline, network, after)


def _check_input(pipeline: Pipeline, tensor: Tensor, report: Report) -> None:
    length, count = pipeline.window.length, len(pipeline.features)
    if length * count != tensor.elements:
        message = f"{length} rows (window.length) x {count} features = {length * count} values"
        message += f", but the network's input {tensor} takes {tensor.elements}"
        if tensor.elements % count == 0:
            message += f" (a window.length of {tensor.elements // count} would fit)"
        report.add("features", message)
    if reason := not_real(tensor):
        report.add("features", f"the network's input {tensor} cannot be fed: {reason}")


def _bind_after(pipeline: Pipeline, network: Network, report: Report) -> tuple[BoundStep, ...]:
    known: dict[str, Value] = {}
    sizes: dict[str, int] = {}
    row = list(pipeline.echo)
    complete = True
    bound = []
    for index, step in enumerate(pipeline.after or _default_steps(network)):
        where = f"after[{index}]"
        problems = list(step.problems(network))
        for name, message in problems:
            report.add(f"{where}.{name}", message)
        if complete:
            for name in step.reads:
                if message := _unreadable(name, known, sizes):
                    report.add(f"{where}.of", message)
        if problems:
            complete = False  # What reads the values of this step cannot be judged.
            continue
        values = step.values(network)
        for value in values:
            if value.name in known or value.name in row:
                report.add(f"{where}.name", f"gives a second value {quoted(value.name)} (use another name)")
        known.update((value.name, value) for value in values)
        sizes[step.name] = len(values)
        bound.append(BoundStep(step, values, None if step.hidden else len(row) - len(pipeline.echo)))
        row += [] if step.hidden else [value.name for value in values]
    return tuple(bound)


def _default_steps(network: Network) -> tuple[After, ...]:
    """All outputs as real numbers."""
    dequantise = AFTER["dequantise"]
    if len(network.outputs) == 1:
        return (dequantise(name="output"),)
    return tuple(dequantise(name=f"output_{index}", output=index) for index in range(len(network.outputs)))


def _unreadable(name: str, known: dict[str, Value], sizes: dict[str, int]) -> str | None:
    """Why a step cannot be computed of the value of that name; None when it can."""
    if name in known:
        kind = known[name].kind
        return None if kind == "real" else f"{quoted(name)} is a {kind}, not a real number"
    if name in sizes:
        values = [value for value in known if value.startswith(name + "_")]
        return f"{quoted(name)} is {sizes[name]} values (name one of them: {listed(values)})"
    real = [value for value, kind in known.items() if kind.kind == "real"]
    return f"there is no value {quoted(name)} before this step ({suggestion(name, real)})"


def _listed(tensors: Sequence[Tensor]) -> str:
    return ", ".join(str(tensor) for tensor in tensors) or "none"

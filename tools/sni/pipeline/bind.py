"""A pipeline put to one network: whether the two fit, and what the result row becomes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tools.sni.errors import CompileError
from tools.sni.ir import Tensor
from tools.sni.pipeline.after import AFTER, After, Network, Value, named, not_real
from tools.sni.pipeline.kinds import listed, quoted
from tools.sni.pipeline.model import Pipeline
from tools.sni.pipeline.records import Report, suggestion
from tools.sni.pipeline.window_plan import WindowPlan, plan_window


@dataclass(frozen=True)
class BoundStep:
    """A step after the network with its values. first: position of the first one in the result row, None if hidden."""

    step: After
    values: tuple[Value, ...]
    first: int | None


@dataclass(frozen=True)
class BoundPipeline:
    """A pipeline that fits its network. plan: where window features lie, None without any."""

    pipeline: Pipeline
    network: Network
    after: tuple[BoundStep, ...]
    plan: WindowPlan | None

    @property
    def results(self) -> tuple[Value, ...]:
        """The values of the result row, in order."""
        return tuple(value for bound in self.after if bound.first is not None for value in bound.values)

    @property
    def keeps_window(self) -> bool:
        """Whether what enters the network is kept: rows of a window, or what a step after the network looks back at."""
        return self.network.length > 1 or any(bound.step.reads_window for bound in self.after)

    @property
    def keeps_series(self) -> bool:
        """Whether rows that window features are computed of are needed again for the next window."""
        return self.plan is not None and self.pipeline.window.stride < self.pipeline.window.length

    @property
    def state_bytes(self) -> int:
        """What the pipeline takes of the state."""
        words = sum(len(signal.members()) for signal in self.pipeline.signals) + 1  # and `due`
        words += (self.pipeline.delay > 0) + (self.keeps_series or (self.plan is None and self.keeps_window))
        if self.plan is not None:
            words += self.plan.work + self.keeps_series * self.plan.collected
        return 4 * words + (-(-self.network.input.bytes // 4) * 4 if self.keeps_window else 0)

    @property
    def constant_bytes(self) -> int:
        """Bytes of the pipeline's tables."""
        return sum(table.data.nbytes for table in self.plan.tables) if self.plan else 0


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
    if pipeline.window_features:
        # To the network and what follows it, what is computed of a window is one row.
        names = tuple(value.name for name, size in pipeline.sizes.items() for value in named(name, size))
        network = Network(inputs[0], tuple(outputs), names, 1)
    after = _bind_after(pipeline, network, report)
    if len(report):
        raise CompileError(report.problems)
    plan = None
    if pipeline.window_features:
        plan = plan_window(pipeline.features, pipeline.window_features, pipeline.window.length)
    return BoundPipeline(pipeline, network, after, plan)


def _check_input(pipeline: Pipeline, tensor: Tensor, report: Report) -> None:
    length, count = pipeline.window.length, len(pipeline.features)
    sizes = pipeline.sizes
    if pipeline.window_features and sum(sizes.values()) != tensor.elements:
        terms = " + ".join(f"{size} ({name})" for name, size in sizes.items())
        message = f"{terms} = {sum(sizes.values())} values" if count > 1 else f"{terms} values"
        report.add("features", f"{message}, but the network's input {tensor} takes {tensor.elements}")
    elif not pipeline.window_features and length * count != tensor.elements:
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

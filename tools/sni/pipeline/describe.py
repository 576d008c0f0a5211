"""A pipeline as a table for people."""

from __future__ import annotations

from tools.sni.pipeline.bind import BoundPipeline
from tools.sni.pipeline.window_plan import WindowStep


def describe(bound: BoundPipeline) -> str:
    """The steps from the columns to the result row, one a line, for the report. Ends with a newline."""
    pipeline, network = bound.pipeline, bound.network
    rows = [("columns", "", ", ".join(pipeline.columns))]
    if pipeline.key is not None:
        rows.append(("key", "", pipeline.key))
    if pipeline.echo:
        rows.append(("echo", "", ", ".join(pipeline.echo)))
    rows += [("signal", signal.name, signal.formula()) for signal in pipeline.signals]
    rows += [("window feature", step.feature.name, step.feature.formula(step.size)) for step in _steps(bound)]
    rows.append(("features", "", _features(bound)))
    rows.append(("window", "", _window(bound)))
    for step in bound.after:
        where = "hidden"
        if step.first is not None:
            last = step.first + len(step.values) - 1
            where = f"result {step.first}" if last == step.first else f"results {step.first} to {last}"
        rows.append(("after", step.step.name, f"{step.step.formula(network)} ({where})"))
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    return "".join(f"{kind:<{widths[0]}}  {name:<{widths[1]}}  {text}\n" for kind, name, text in rows)


def _steps(bound: BoundPipeline) -> tuple[WindowStep, ...]:
    return bound.plan.steps if bound.plan else ()


def _features(bound: BoundPipeline) -> str:
    if bound.plan is None:
        return ", ".join(bound.pipeline.features)
    return ", ".join(f"{name} ({count})" for name, _, count in bound.plan.inputs)


def _window(bound: BoundPipeline) -> str:
    pipeline, tensor = bound.pipeline, bound.network.input
    if bound.plan is not None:
        size = f"{pipeline.window.length} rows; {tensor.elements} {tensor.dtype.value}, {tensor.bytes} bytes"
        return f"{size}; inference {pipeline.rhythm}"
    size = f"{pipeline.window.length} x {len(pipeline.features)} = {tensor.elements} {tensor.dtype.value}"
    return f"{size}, {tensor.bytes} bytes; inference {pipeline.rhythm}"

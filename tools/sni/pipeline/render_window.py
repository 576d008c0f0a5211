"""What is computed of a window, in C: a function for each window feature, and the calls in their order."""

from __future__ import annotations

from collections.abc import Mapping

from tools.sni.pipeline.c import comment, render_template
from tools.sni.pipeline.window_plan import WindowPlan, WindowStep


def window_context(plan: WindowPlan, prefix: str, variables: Mapping[str, str]) -> Mapping[str, object]:
    """What the templates show. variables: of push, by the names of columns and signals."""
    return {
        "collects": _collects(plan, variables),
        "window_functions": [_function(step, prefix) for step in plan.steps if step.feature.template is not None],
        "calls": _calls(plan, prefix),
    }


def window_helpers(plan: WindowPlan, prefix: str) -> Mapping[str, str]:
    """Functions that window features share, by the names that follow the prefix."""
    wanted = {key: helper for step in plan.steps for key, helper in step.feature.helpers(step.size).items()}
    return {
        key: render_template(f"{template}.c.j2", prefix=prefix, function=f"{prefix}_pipeline_{key}", **values)
        for key, (template, values) in wanted.items()
    }


def _collects(plan: WindowPlan, variables: Mapping[str, str]) -> list[Mapping[str, str]]:
    """Where the values of the newest row go: C expressions of positions, in either of the arrays that can take them."""
    members = []
    for series in plan.series:
        each = len(series.names)
        for turn, name in enumerate(series.names):
            at = "newest" if each == 1 else f"{each} * newest"
            members.append(
                {
                    "variable": variables[name],
                    "offset": _sum(series.offset + turn, at),
                    "stored": _sum(series.stored + turn, at),
                }
            )
    return members


def _sum(constant: int, term: str) -> str:
    return f"{constant} + {term}" if constant else term


def _function(step: WindowStep, prefix: str) -> str:
    feature = step.feature
    return render_template(
        f"window/{feature.template}.c.j2",
        prefix=prefix,
        name=feature.name,
        function=_name(step, prefix),
        formula=comment(feature.formula(step.size)),
        size=step.size,
        **feature.context(step.size),
    )


def _name(step: WindowStep, prefix: str) -> str:
    return f"{prefix}_pipeline_feature_{step.feature.name}"


def _calls(plan: WindowPlan, prefix: str) -> list[str]:
    """The statements, in order; what enters the network is stored as soon as it is there."""
    stores: dict[str, str] = {}
    position = 0
    for name, offset, count in plan.inputs:
        stores[name] = f"{prefix}_pipeline_store(&input[{position}], &work[{offset}], {count});"
        position += count
    made = {step.feature.name for step in plan.steps}
    calls = [store for name, store in stores.items() if name not in made]
    for step in plan.steps:
        target = f"&work[{step.offset}]"
        if step.copies:
            calls.append(f"memcpy({target}, &work[{step.source}], {step.size} * sizeof *work);")
        if step.feature.in_place:
            calls.append(f"{_name(step, prefix)}({target});")
        elif step.feature.template is not None:
            scratch = "" if step.scratch is None else f", &work[{step.scratch}]"
            calls.append(f"{_name(step, prefix)}(&work[{step.source}], {target}{scratch});")
        if step.feature.name in stores:
            calls.append(stores[step.feature.name])
    return calls

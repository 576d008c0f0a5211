"""The side after the network in C: result, and the functions that it calls."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from tools.sni.ir import Tensor
from tools.sni.pipeline.after import Surroundings
from tools.sni.pipeline.bind import BoundPipeline, BoundStep
from tools.sni.pipeline.c import Locals, float_literal, int_plus, render_template


def render_result(
    bound: BoundPipeline, prefix: str, common: Mapping[str, object], output_functions: Sequence[str]
) -> str:
    """The definitions. common: what every template shows. output_functions: give pointers to the network's outputs."""
    network = bound.network
    read = sorted({step.step.reads_output for step in bound.after} - {None})
    pointers = {index: f"output_{index}" if len(network.outputs) > 1 else "output" for index in read}
    reads_window = any(step.step.reads_window for step in bound.after)

    dequantisers: list[dict[str, str]] = []
    seen = real = _as_stored
    if reads_window:
        function = f"{prefix}_pipeline_window"
        seen = _dequantiser(network.input, function, "An element of the window", dequantisers)
    reals = {}
    for index in sorted({step.step.reads_output for step in bound.after if step.step.dequantises}):
        function = f"{prefix}_pipeline_{pointers[index]}"
        reals[index] = _dequantiser(network.outputs[index], function, f"An element of output {index}", dequantisers)

    names = Locals(["state", "result", "pipeline", "i", *pointers.values()], prefix)
    wanted = {name for step in bound.after for name in step.step.reads}
    values: dict[str, str] = {}
    steps, functions = [], []
    for step in bound.after:
        index = step.step.reads_output
        around = Surroundings(
            prefix=prefix,
            output="" if index is None else pointers[index],
            real=reals.get(index, real),
            seen=seen,
            values=dict(values),
            variables={name: names.name(f"{step.step.name}_{name}") for name in step.step.variables},
        )
        steps.append(_render_step(bound, step, around, names, wanted, values))
        if step.step.template is not None:
            context = {**vars(around), **step.step.context(network), "name": step.step.name}
            functions.append(render_template(f"after/{step.step.template}.c.j2", **context))
    return render_template(
        "result.c.j2",
        **common,
        dequantisers=dequantisers,
        functions=functions,
        reads_window=reads_window,
        outputs=[
            {"type": network.outputs[i].dtype.c, "variable": pointers[i], "function": output_functions[i]} for i in read
        ],
        steps=steps,
    )


def _render_step(
    bound: BoundPipeline, step: BoundStep, around: Surroundings, names: Locals, wanted: set[str], values: dict[str, str]
) -> dict[str, object]:
    """What the template shows of a step; adds the C expressions of its values to `values`."""
    variables = [
        {"name": name, "value": value}
        for name, value in zip(around.variables.values(), step.step.initial(around), strict=True)
    ]
    for position, value in enumerate(step.values):
        if step.first is not None:
            values[value.name] = f"result[{step.first + position}]"
        elif value.name in wanted:
            values[value.name] = names.name(value.name)
            variables.append({"name": values[value.name], "value": step.step.element(str(position), around)})
    count = 0 if step.first is None else len(step.values)
    return {
        "name": step.step.name,
        "formula": step.step.formula(bound.network),
        "variables": variables,
        "first": step.first,
        "count": count,
        "element": step.step.element("0" if count == 1 else "i", around),
    }


def _dequantiser(tensor: Tensor, function: str, what: str, dequantisers: list[dict[str, str]]) -> Callable[[str], str]:
    """Adds the function that dequantises an element of a tensor, when it needs one, and returns how it is called."""
    if tensor.quantisation is None or not tensor.dtype.is_integer:
        return _as_stored
    dequantisers.append(
        {
            "comment": f"{what} as a real number.",
            "function": function,
            "type": tensor.dtype.c,
            "scale": float_literal(tensor.quantisation.scale),
            "zero_point": int_plus(-tensor.quantisation.zero_point),
        }
    )
    return lambda stored: f"{function}({stored})"


def _as_stored(stored: str) -> str:
    return stored

"""The side before the network in C: init, push, and the functions that push calls."""

from __future__ import annotations

from collections.abc import Mapping

from tools.sni.ir import Tensor
from tools.sni.pipeline.bind import BoundPipeline
from tools.sni.pipeline.c import Locals, float_literal, int_plus, render_template
from tools.sni.pipeline.render_window import window_context, window_helpers


def render_push(bound: BoundPipeline, prefix: str, common: Mapping[str, object], input_function: str) -> str:
    """The definitions. common: what every template shows. input_function: gives a pointer to the network's input."""
    pipeline, tensor = bound.pipeline, bound.network.input
    taken = ["state", "row", "pipeline", "newest", "input", "turned", "straight", input_function]
    names = Locals(taken, prefix)
    variables = {name: names.name(name) for name in pipeline.values}
    signals, helpers = [], {}
    for signal in pipeline.signals:
        variables[signal.name] = names.name(signal.name)
        operands = [variables[name] for name in signal.of]
        function = f"{prefix}_pipeline_{signal.helper}"
        if signal.helper is not None:
            helpers[signal.helper] = render_template(f"signals/{signal.helper}.c.j2", function=function)
        signals.append(
            {
                "name": signal.name,
                "variable": variables[signal.name],
                "formula": signal.formula(),
                "expression": signal.expression(operands, function),
                "updates": signal.updates(operands),
            }
        )
    quantise = _quantiser(tensor, f"{prefix}_pipeline_quantise")
    stored = "{}" if quantise is None else f"{quantise['function']}({{}})"
    context = {
        **common,
        "input_function": input_function,
        "values": [{"name": name, "variable": variables[name]} for name in pipeline.values],
        "signals": signals,
        "quantise": quantise,
    }
    if bound.plan is not None:
        context |= window_context(bound.plan, prefix, variables)
        helpers |= window_helpers(bound.plan, prefix)
    else:
        context["features"] = [{"stored": stored.format(variables[name])} for name in pipeline.features]
    context["helpers"] = [helpers[helper] for helper in sorted(helpers)]
    return render_template("push.c.j2", **context)


def _quantiser(tensor: Tensor, function: str) -> dict[str, str] | None:
    """What the template of the quantising function shows; None for float32, which is stored as it is."""
    if tensor.quantisation is None or not tensor.dtype.is_integer:
        return None
    (low, high), zero_point = tensor.dtype.bounds, tensor.quantisation.zero_point
    return {
        "function": function,
        "scale": float_literal(tensor.quantisation.scale),
        "low": str(low),
        "high": str(high),
        "low_steps": float_literal(low - zero_point),
        "high_steps": float_literal(high - zero_point),
        "zero_point": int_plus(zero_point),
    }

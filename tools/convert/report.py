"""What a conversion tells: the error of each variant, for people and for programs."""

from __future__ import annotations

import json
from dataclasses import asdict

from tools.convert.convert import Conversion


def to_json(conversion: Conversion) -> str:
    """One object; errors are differences from the float network, in the outputs' own units."""
    variants = [{**asdict(e), "largest": e.largest, "mean": e.mean, "top_1": e.top_1} for e in conversion.evaluations]
    return json.dumps({"inputs": conversion.inputs, "variants": variants}, indent=2) + "\n"


def to_markdown(conversion: Conversion) -> str:
    """A table: a row for each variant, and one for each of its outputs where there are several."""
    lines = [
        f"Differences from the float network on {conversion.inputs}.",
        "",
        "| variant | bytes | zero weights | output | largest | mean | mean of range | same top-1 |",
        "| --- | ---: | ---: | --- | ---: | ---: | ---: | ---: |",
    ]
    for e in conversion.evaluations:
        shown = [("all", e.largest, e.mean, None, e.top_1)] if len(e.outputs) > 1 else []
        shown += [(o.name, o.largest, o.mean, o.relative, o.top_1) for o in e.outputs]
        for name, largest, mean, relative, top_1 in shown:
            cells = [f"{largest:.3g}", f"{mean:.3g}", _percent(relative), _percent(top_1)]
            lines.append(f"| {e.variant} | {e.bytes:,} | {_percent(e.zeros)} | {name} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.2f}%"

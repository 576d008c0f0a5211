"""A bound pipeline as C: the members, macros and prototypes for the header, the functions for the source file."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from tools.sni.pipeline.after import Value
from tools.sni.pipeline.bind import BoundPipeline
from tools.sni.pipeline.c import MATH_FUNCTIONS, render_template
from tools.sni.pipeline.render_push import render_push
from tools.sni.pipeline.render_result import render_result
from tools.sni.pipeline.window import Table

_LISTED = 12  # Longer lists of values or labels are cut in comments.


@dataclass(frozen=True)
class PipelineCode:
    """C text, each piece ending with a newline, and what the glue to the runner needs to know.

    state_struct, macros, declarations: for the header, which has to include `header_includes` and to declare the type
    PREFIX_state with the member `PREFIX_pipeline pipeline;` before the declarations. definitions: for the source file,
    which has to include `includes` too; PREFIX_init calls `PREFIX_pipeline_init(&state->pipeline)`. Of the identifiers
    that begin with PREFIX_pipeline all belong to the pipeline.
    tables: constants that have to be defined before the definitions, by their names in C.
    columns: of an input row. values: positions of those that push takes. key_column: position or -1. echo: positions.
    """

    state_struct: str
    macros: str
    declarations: str
    definitions: str
    header_includes: frozenset[str]
    includes: frozenset[str]
    columns: tuple[str, ...]
    values: tuple[int, ...]
    key_column: int
    echo: tuple[int, ...]
    results: tuple[Value, ...]
    tables: tuple[Table, ...] = ()


def render(
    bound: BoundPipeline,
    prefix: str,
    input_function: str | None = None,
    output_functions: Sequence[str] | None = None,
) -> PipelineCode:
    """Renders the pipeline of the model that is called `prefix` in C.

    input_function: gives a pointer to the input of a state, by default PREFIX_input. output_functions: the same for
    each output, by default PREFIX_output, or PREFIX_output_0 and so on when there are several.
    """
    pipeline = bound.pipeline
    outputs = len(bound.network.outputs)
    if output_functions is None:
        output_functions = [f"{prefix}_output" + (f"_{index}" if outputs > 1 else "") for index in range(outputs)]
    common = {
        "prefix": prefix,
        "macro": prefix.upper(),
        "values": pipeline.values,
        "features": bound.network.features,
        "length": pipeline.window.length,
        "stride": pipeline.window.stride,
        "delay": pipeline.delay,
        "keeps_window": bound.keeps_window,
        "keeps_series": bound.keeps_series,
        "plan": bound.plan,
        "type": bound.network.input.dtype.c,
        "results": bound.results,
    }
    named = bound.network.features
    named = f"{named[0]} to {named[-1]}" if len(named) > _LISTED else ", ".join(named)
    members = [member for signal in pipeline.signals for member in signal.members()]
    push = render_push(bound, prefix, common, input_function or f"{prefix}_input")
    collected = ", ".join(name for series in bound.plan.series for name in series.names) if bound.plan else ""
    definitions = f"{push}\n{render_result(bound, prefix, common, output_functions)}"
    tables = (
        tuple(replace(table, name=f"{prefix}_pipeline_{table.name}") for table in bound.plan.tables)
        if bound.plan
        else ()
    )
    return PipelineCode(
        state_struct=render_template("state.c.j2", **common, members=members, feature_names=named, collected=collected),
        macros=render_template("macros.c.j2", **common),
        declarations=render_template(
            "declarations.c.j2", **common, due=pipeline.rhythm, holds=_held(bound), entries=_entries(bound)
        ),
        definitions=definitions,
        header_includes=frozenset({"stdbool.h", "stdint.h"}),
        includes=frozenset({"stddef.h", "stdint.h", "string.h"} | ({"math.h"} if _uses_math(definitions) else set())),
        columns=pipeline.columns,
        values=tuple(pipeline.columns.index(name) for name in pipeline.values),
        key_column=-1 if pipeline.key is None else pipeline.columns.index(pipeline.key),
        echo=tuple(pipeline.columns.index(name) for name in pipeline.echo),
        results=bound.results,
        tables=tables,
    )


def _uses_math(text: str) -> bool:
    """Whether C text calls a function of <math.h>, which small systems may lack."""
    return re.search(rf"\b({'|'.join(MATH_FUNCTIONS)})\(", text) is not None


def _held(bound: BoundPipeline) -> str:
    """What the input is when an inference is due."""
    length = bound.pipeline.window.length
    rows = "that row" if length == 1 else f"the newest {length} rows"
    if bound.plan is not None:
        return f"the features of {rows}"
    return rows if length == 1 else f"{rows}, oldest first"


def _entries(bound: BoundPipeline) -> list[str]:
    """What stands where in the result row, for the comment of the prototype."""
    entries = []
    for step in bound.after:
        if step.first is None:
            continue
        names = [value.name for value in step.values]
        if len(names) > _LISTED:
            entries.append(f"result[{step.first}] to result[{step.first + len(names) - 1}]  {names[0]} to {names[-1]}")
            continue
        for position, value in enumerate(step.values):
            entries.append(f"result[{step.first + position}]  {value.name}{_meaning(value)}")
    return entries


def _meaning(value: Value) -> str:
    if value.kind == "flag":
        return ": 0 or 1"
    if value.kind == "label":
        if value.labels == tuple(map(str, range(len(value.labels)))):
            return ": an index"
        labels = [f"{index} {label}" for index, label in enumerate(value.labels)]
        return ": " + ", ".join(labels if len(labels) <= _LISTED else [*labels[:_LISTED], "..."])
    return ""

"""Compiles a rendered pipeline with a stand-in for the network, and runs rows through it."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from tools.sni.emit.tables import table_definition
from tools.sni.ir import DType, Quantisation, Tensor
from tools.sni.pipeline import BoundPipeline, PipelineCode, bind, read_pipeline, render

WARNINGS = ("-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror")
SANITIZERS = ("-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")


def compilers() -> list[object]:
    """GCC and Clang as parameters of a test; one that is not installed is skipped."""
    return [
        pytest.param(name, marks=pytest.mark.skipif(shutil.which(name) is None, reason=f"needs {name}"))
        for name in ("gcc", "clang")
    ]


def tensor(dtype: str, elements: int, scale: float = 0.05, zero_point: int = 0, name: str = "x") -> Tensor:
    """A network's input or output; float32 is not quantised."""
    quantisation = None
    if dtype != "float32":
        quantisation = Quantisation((float(np.float32(scale)),), (zero_point,))
    return Tensor(name, DType(dtype), (1, elements), quantisation)


def bound_pipeline(
    folder: Path, text: Mapping[str, object], inputs: Sequence[Tensor], outputs: Sequence[Tensor]
) -> BoundPipeline:
    """Writes the pipeline as a file, reads it and puts it to the network."""
    path = folder / "detector.json"
    path.write_text(json.dumps(text), encoding="utf-8")
    return bind(read_pipeline(path), inputs, outputs)


@dataclass(frozen=True)
class Record:
    """What one row gave: the input of the network, its outputs, and the result row."""

    input: np.ndarray
    outputs: tuple[np.ndarray, ...]
    result: np.ndarray


def model_source(bound: BoundPipeline, code: PipelineCode, prefix: str) -> str:
    """A model whose network is a simple function of the input.

    Element i of output k is 0.75 * input[i % n] + 0.125 * i + k for float32, and what fits the type of
    3 * input[i % n] + 11 * i + 5 * k for integers. The input is destroyed, as a network that reuses memory may do.
    """
    network = bound.network
    members = [f"{network.input.dtype.c} input[{network.input.elements}];"]
    accessors = [
        f"static {network.input.dtype.c} *{prefix}_input({prefix}_state *state) {{ return state->input; }}",
    ]
    loops = []
    several = len(network.outputs) > 1
    for k, output in enumerate(network.outputs):
        members.append(f"{output.dtype.c} output_{k}[{output.elements}];")
        accessors.append(
            f"static const {output.dtype.c} *{prefix}_output{f'_{k}' if several else ''}(const {prefix}_state *state) "
            f"{{ return state->output_{k}; }}"
        )
        shown = f"state->input[i % {network.input.elements}]"
        value = f"0.75f * (float){shown} + 0.125f * (float)i + {k}.0f"
        if output.dtype.is_integer:
            value = f"3 * (int){shown} + 11 * (int)i + {5 * k}"
            bits, low = 8 * output.dtype.size, output.dtype.bounds[0]
            value = f"(((({value}) - ({low})) % {1 << bits} + {1 << bits}) % {1 << bits}) + ({low})"
        loops.append(
            f"for (size_t i = 0; i < {output.elements}; ++i) state->output_{k}[i] = ({output.dtype.c})({value});"
        )
    unused = "".join(f"  (void){prefix}_output{f'_{k}' if several else ''};\n" for k in range(len(network.outputs)))
    return "\n".join(
        [
            *(f"#include <{header}>" for header in sorted(code.header_includes | code.includes)),
            *(table_definition(table.name, table.data) for table in code.tables),
            code.macros,
            code.state_struct,
            f"typedef struct {prefix}_state {{ {prefix}_pipeline pipeline; {' '.join(members)} }} {prefix}_state;",
            code.declarations,
            *accessors,
            code.definitions,
            f"static void {prefix}_init({prefix}_state *state) {{ {prefix}_pipeline_init(&state->pipeline); }}",
            f"static void {prefix}_invoke({prefix}_state *state) {{",
            unused,
            *loops,
            "  memset(state->input, 0x55, sizeof state->input);",
            "}",
        ]
    )


def program_source(models: Sequence[tuple[BoundPipeline, str]], main: bool = True) -> str:
    """A program of one or several models: reads from stdin a row for each in turn, and writes what each gives."""
    sources, turns = {}, []
    for position, (bound, prefix) in enumerate(models):
        sources[prefix] = model_source(bound, render(bound, prefix), prefix)
        outputs = len(bound.network.outputs)
        names = [f"{prefix}_output" + (f"_{k}" if outputs > 1 else "") for k in range(outputs)]
        writes = "\n      ".join(
            f"fwrite({name}(state), 1, sizeof state->output_{k}, stdout);" for k, name in enumerate(names)
        )
        turns.append(
            _TURN.replace("PREFIX", prefix)
            .replace("MACRO", prefix.upper())
            .replace("POSITION", str(position))
            .replace("WRITES", writes)
        )
    source = "\n".join(sources.values())
    if not main:
        return source
    states = "".join(f"  static {prefix}_state state_{i};\n" for i, (_, prefix) in enumerate(models))
    fills = "".join(
        f"  memset(&state_{i}, 0xA5, sizeof state_{i});\n  {prefix}_init(&state_{i});\n"
        for i, (_, prefix) in enumerate(models)
    )
    return f"{source}\n#include <stdio.h>\nint main(void) {{\n{states}{fills}  for (;;) {{\n{''.join(turns)}  }}\n}}\n"


_TURN = """
    {
      PREFIX_state *const state = &state_POSITION;
      float row[MACRO_VALUES];
      float result[MACRO_RESULTS];
      if (fread(row, sizeof row, 1, stdin) != 1) return 0;
      const bool due = PREFIX_push(state, row);
      putchar(due ? 1 : 0);
      if (due) {
      fwrite(state->input, 1, sizeof state->input, stdout);
      PREFIX_invoke(state);
      WRITES
      PREFIX_result(state, result);
      fwrite(result, 1, sizeof result, stdout);
      }
    }
"""


def build(folder: Path, source: str, compiler: str = "gcc", flags: Sequence[str] = ("-O1", *SANITIZERS)) -> Path:
    """Compiles a program without any warning. Contraction is off, so that the oracle can demand the same bits."""
    path, program = folder / "program.c", folder / "program"
    path.write_text(source, encoding="utf-8")
    command = [compiler, "-std=c99", *WARNINGS, "-ffp-contract=off", *flags, str(path), "-o", str(program), "-lm"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stderr}"
    return program


def run(program: Path, bounds: Sequence[BoundPipeline], streams: Sequence[np.ndarray]) -> list[list[Record | None]]:
    """What each row of each model's stream gave, None where no inference was due. streams: float32[rows, values]."""
    data = b"".join(row.astype(np.float32).tobytes() for rows in zip(*streams, strict=True) for row in rows)
    done = subprocess.run([program], input=data, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    records: list[list[Record | None]] = [[] for _ in bounds]
    position = 0
    for _ in range(len(streams[0])):
        for bound, stream in zip(bounds, records, strict=True):
            record, position = _record(bound, done.stdout, position)
            stream.append(record)
    assert position == len(done.stdout)
    return records


def _record(bound: BoundPipeline, data: bytes, position: int) -> tuple[Record | None, int]:
    """What stands at a position of the program's output, and where it ends."""
    due, position = data[position], position + 1
    if not due:
        return None, position
    tensors = [bound.network.input, *bound.network.outputs]
    arrays = []
    for dtype, count in [*((t.dtype.numpy, t.elements) for t in tensors), (np.dtype("float32"), len(bound.results))]:
        arrays.append(np.frombuffer(data, dtype, count, position))
        position += count * dtype.itemsize
    return Record(arrays[0], tuple(arrays[1:-1]), arrays[-1]), position


def compile_and_run(
    folder: Path,
    bound: BoundPipeline,
    rows: np.ndarray,
    compiler: str = "gcc",
    flags: Sequence[str] = ("-O1", *SANITIZERS),
) -> list[Record | None]:
    """Renders and compiles a pipeline, and runs rows through it."""
    program = build(folder, program_source([(bound, "detector")]), compiler, flags)
    return run(program, [bound], [rows])[0]

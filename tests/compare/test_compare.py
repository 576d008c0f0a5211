"""Figures of engines side by side: how programs are measured, what the table says, and what a limit does."""

from __future__ import annotations

import base64
import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tools.compare.__main__ import main
from tools.compare.cell import SAMPLES, Cell, CompareError, Output, measured
from tools.compare.table import exceeded, read_limits, rows_of, to_json, to_markdown

PROGRAM = """#!{python}
import json, sys
import numpy as np
INFO = dict(inputs=[dict(dtype="int8", shape=[2, 3])], outputs=[dict(dtype="int8", shape=[3], scale=0.5, zero_point=1)])
BENCH = dict(engine="{engine}", version="1", instructions={instructions}, time_ns=dict(p50=7), setup_ns=9,
             arena_bytes=64, constant_bytes=32, macs=6, checksum="fnv1a64:1")
command = sys.argv[1]
if command == "info":
    print(json.dumps(INFO))
elif command == "bench":
    print(json.dumps(BENCH))
else:
    assert sys.argv[2:] == ["--in=tensor", "--out=tensor", "--quiet"]
    rows = np.frombuffer(sys.stdin.buffer.read(), np.int8).reshape(-1, 2, 3)
    sys.stdout.buffer.write((rows[:, 0] {does}).astype(np.int8).tobytes())
"""
SIZE = {"flash": 1000, "ram": 100, "stack": None}


def program(folder: Path, engine: str = "sni", does: str = "", instructions: str = "dict(p50=5)") -> Path:
    path = folder / engine
    path.write_text(PROGRAM.format(python=sys.executable, engine=engine, does=does, instructions=instructions))
    path.chmod(0o755)
    return path


def test_a_program_is_measured(tmp_path: Path) -> None:
    cell = measured(program(tmp_path), "board", SIZE, {"notes": ["a note"]})
    assert (cell.instructions, cell.ns, cell.setup_ns, cell.flash, cell.ram, cell.stack) == (5, 7, 9, 1000, 100, None)
    assert (cell.arena, cell.constants, cell.macs, cell.notes) == (64, 32, 6, ("a note",))
    (output,) = cell.outputs
    stored = np.frombuffer(base64.b64decode(output.bits), np.int8)
    assert len(stored) == 3 * SAMPLES
    assert len(set(stored.tolist())) > 10
    np.testing.assert_array_equal(output.values, (stored.astype(float) - 1) * 0.5)
    assert Cell.from_json(cell.to_json()) == cell


def test_what_cannot_be_measured_is_told(tmp_path: Path) -> None:
    broken = program(tmp_path, does="+ nonsense")
    with pytest.raises(CompareError, match=r"stream --in=tensor .*: exit status 1\n(.|\n)*nonsense"):
        measured(broken, "board", SIZE, {})
    with pytest.raises(CompareError, match="absent: cannot be run here"):
        measured(tmp_path / "absent", "board", SIZE, {})
    with pytest.raises(CompareError, match="47 bytes of outputs, where 16 inferences make 48"):
        measured(program(tmp_path, does=", )[0].reshape(-1)[1:].reshape(-1, 1"), "board", SIZE, {})


def cell(engine: str, platform: str = "board", **figures: object) -> Cell:
    made = Cell(engine, "1", platform, 100, 7, 9, 1000, 100, 40, 64, 32, 6, "c", (Output("AAA", (0.0, 1.0)),))
    return replace(made, **figures)


def test_others_are_compared_with_the_first_of_their_platform() -> None:
    cells = [
        cell("sni"),
        cell("tvm", instructions=400, stack=None, outputs=(Output("BBB", (0.0, 0.75)),)),
        cell("sni", "host", instructions=None),
        cell("tvm", "host"),
    ]
    rows = rows_of(cells)
    assert [row.ratios["instructions"] for row in rows] == [1.0, 0.25, None, None]
    assert rows[1].ratios["stack"] is None
    assert [(row.same, row.error) for row in rows] == [(True, 0.0), (False, 0.25), (True, 0.0), (True, 0.0)]
    text = to_markdown(rows)
    assert "| board | tvm 1 | 400 (0.25) | 1,000 (1.00) | 100 (1.00) | - | 64 (1.00) | 9 (1.00) | within 0.25 |" in text
    assert json.loads(to_json(rows))[1]["ratios"]["instructions"] == 0.25


def test_limits() -> None:
    rows = rows_of([cell("sni"), cell("tvm", instructions=400, flash=900), cell("tflm", instructions=110)])
    kept = read_limits({"tvm/instructions": "0.25", "board/tflm/flash": "1"}, rows)
    assert exceeded(kept, rows) == []
    assert exceeded(read_limits({"instructions": "0.9"}, rows), rows) == [
        'board: instructions of sni are 0.909 of tflm\'s (100 to 110), above 0.9 (max_ratio "instructions")'
    ]
    assert exceeded(read_limits({"sni/flash": "2"}, rows), rows) == [
        'max_ratio "sni/flash": nothing to compare, no engine beside sni has this figure'
    ]


def test_wrong_limits_are_all_told() -> None:
    rows = rows_of([cell("sni"), cell("tvm")])
    with pytest.raises(CompareError) as caught:
        read_limits({"bord/instructions": "0.5", "time": "0.5", "tvm/flash": "a lot", "tvm/tvm/ram": "0"}, rows)
    assert str(caught.value).splitlines() == [
        'max_ratio "bord/instructions": "bord" is neither platform nor engine here (board, sni, tvm)',
        'max_ratio "time": "time" is no figure (a key is [PLATFORM/][ENGINE/]FIGURE, where FIGURE is one of '
        "instructions, flash, ram, stack, arena, setup_ns)",
        'max_ratio "tvm/flash" = "a lot": not a ratio (a positive number, as 0.5)',
        'max_ratio "tvm/tvm/ram": "tvm" is neither platform nor engine here (board, sni, tvm)',
        'max_ratio "tvm/tvm/ram" = "0": not a ratio (a positive number, as 0.5)',
    ]


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "size").write_text(json.dumps(SIZE))
    (tmp_path / "report").write_text("{}")
    cells = []
    for engine, does, counted in (("sni", "", 100), ("tvm", "+ 1", 90)):
        cells.append(str(tmp_path / f"{engine}.json"))
        made = str(program(tmp_path, engine, does, f"dict(p50={counted})"))
        command = ["measure", "--platform=board", "--program", made]
        files = ["--size", str(tmp_path / "size"), "--report", str(tmp_path / "report"), "--out", cells[-1]]
        assert main([*command, *files]) == 0
    assert main(["table", *cells, "--json", str(tmp_path / "j"), "--markdown", str(tmp_path / "m")]) == 0
    assert "| board | tvm 1 | 90 (1.11) |" in (tmp_path / "m").read_text()
    assert main(["check", *cells, "--limit=instructions=1.2"]) == 0
    capsys.readouterr()
    assert main(["check", *cells, "--limit=instructions=1.1"]) == 1
    assert "error: board: instructions of sni are 1.111 of tvm's (100 to 90), above 1.1" in capsys.readouterr().err

"""What others have published, for the models of a suite."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import pytest

from tools.bench.suite.published import PublishedError, read_published, wrong_columns
from tools.bench.suite.results import Published
from tools.bench.suite.suite import Model, Suite
from tools.testing.shared import shared_path

EDGEMARK = """\
sheet,tool,board,toolchain_note,model,variant,flash_net_kB,ram_net_kB,exec_ms_mean,err_mae_mean
a,Tool,Board,"gcc, -O3",FC_0,basic,2.5,-0.25,0.5,0
a,Tool,Board,gcc,FC_0,q_full_int_only,1,,0.25,0.001
a,Tool,Board,gcc,FC_0,q_16x8,1,1,0.25,0.001
a,Other,Board,gcc,FC_0,own,1,1,0.25,0.001
a,Tool,Board,gcc,TinyMLPerf_AE,basic,3,4,5,6
a,Tool,Board,gcc,FC_1,basic,1,1,1,1
"""
MLPERF = """\
round,division,submitter,system,path_tail,latency_ms,energy_uJ,file
v9.9,closed,Someone,Board,ad/performance/results.txt,2.5,,a
v9.9,closed,Someone,Board,ad/performance/results.txt,2.5,,b
v9.9,closed,Someone,Board,Board/anomaly_detection/energy/results.txt,3,40.5,c
v9.9,open,Someone,Board,ad/X/performance/results.txt,1,,d
v9.9,closed,Someone,Board,performance/results.txt,1,,e
v9.9,closed,Someone,Board,vww/performance/results.txt,1,,f
"""
SUITE = Suite(
    "s",
    (Model("fc", zoo=Path("configs/fc_0.yaml")), Model("ad", variants={"basic": Path("ad.tflite")})),
    ("basic", "int8_only"),
    ("sni",),
    ("x86_64",),
)


def read(folder: Path, *texts: str) -> tuple[Published, ...]:
    paths = tuple(folder / f"{i}.csv" for i in range(len(texts)))
    for path, text in zip(paths, texts, strict=True):
        path.write_text(text)
    return read_published(replace(SUITE, published=paths))


def test_edgemark(tmp_path: Path) -> None:
    basic = Published("EdgeMark", "Tool (gcc, -O3)", "Board", "fc", "basic", 0.5, None, 2560, -256, 0.0)
    assert read(tmp_path, EDGEMARK) == (
        basic,
        replace(basic, tool="Tool (gcc)", variant="int8_only", milliseconds=0.25, flash=1024, ram=None, error=0.001),
        replace(basic, tool="Other (gcc)", variant="own", milliseconds=0.25, flash=1024, ram=1024, error=0.001),
        Published("EdgeMark", "Tool (gcc)", "Board", "ad", "basic", 5, None, 3072, 4096, 6),
    )


def test_mlperf_tiny(tmp_path: Path) -> None:
    row = Published("MLPerf Tiny v9.9", "Someone", "Board", "ad", "", 2.5, None, None, None, None)
    assert read(tmp_path, MLPERF) == (row, replace(row, milliseconds=3, energy_uj=40.5))


def test_files_in_their_order(tmp_path: Path) -> None:
    assert read(tmp_path, MLPERF, EDGEMARK) == (*read(tmp_path, MLPERF), *read(tmp_path, EDGEMARK))


def test_a_network_that_is_there_twice(tmp_path: Path) -> None:
    path = tmp_path / "0.csv"
    path.write_text(MLPERF)
    models = (Model("ad"), Model("mlperf_ad", zoo=Path("mlperf_ad.yaml")))
    found = read_published(replace(SUITE, models=models, published=(path,)))
    assert [row.model for row in found] == ["ad", "mlperf_ad"] * 2


def test_all_mistakes_at_once(tmp_path: Path) -> None:
    with pytest.raises(PublishedError) as caught:
        read(tmp_path, EDGEMARK.replace("0.5,0\n", "fast,0\n").replace("5,6\n", "nan,6\n"), "a,b\n", "", MLPERF)
    columns = (
        "accepted: those of EdgeMark's results (tool, board, toolchain_note, model, variant, flash_net_kB, ram_net_kB, "
        "exec_ms_mean, err_mae_mean) or those of MLPerf Tiny's results (round, division, submitter, system, path_tail, "
        "latency_ms, energy_uJ)"
    )
    assert str(caught.value).replace(f"{tmp_path}/", "").splitlines() == [
        '0.csv: line 2: exec_ms_mean = "fast": a number, or nothing, is needed',
        '0.csv: line 6: exec_ms_mean = "nan": a number, or nothing, is needed',
        f'1.csv: line 1: its columns are "a", "b"; {columns}',
        f"2.csv: line 1: its columns are none; {columns}",
    ]


@pytest.mark.parametrize("content", [b"\xff\xfe", b'"' + b"a" * 200_000])
def test_what_is_no_csv(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(content)
    assert "cannot be read as CSV" in wrong_columns(path)
    path.write_bytes(EDGEMARK.encode() + content)
    with pytest.raises(PublishedError, match=r"x\.csv: line \d+: .*(cannot be read as CSV|is needed)"):
        read_published(replace(SUITE, published=(path,)))


def test_rows_that_are_too_short(tmp_path: Path) -> None:
    (row,) = read(tmp_path, EDGEMARK.splitlines()[0] + "\na,Tool,Board,gcc,FC_0,basic\n")
    assert row == Published("EdgeMark", "Tool (gcc)", "Board", "fc", "basic", None, None, None, None, None)


def test_what_is_published() -> None:
    edgemark, mlperf = shared_path("facts/edgemark_results.csv"), shared_path("facts/mlperf_tiny_results.csv")
    models = tuple(Model(name) for name in ("fc_0", "cnn_7", "lstm", "ad", "kws", "ic", "vww"))
    suite = replace(SUITE, models=models, variants=("basic", "int8_only"), published=(edgemark, mlperf))
    rows = read_published(suite)
    assert {row.model for row in rows} == {model.name for model in models}
    with edgemark.open(newline="") as file:
        wanted = [row for row in csv.DictReader(file) if row["model"] == "FC_0" and row["variant"] == "basic"]
    found = [row for row in rows if row.model == "fc_0" and row.variant == "basic"]
    assert len(found) == len(wanted) > 5
    assert [row.milliseconds for row in found] == [float(row["exec_ms_mean"]) for row in wanted]
    assert all(row.flash for row in rows if row.source == "EdgeMark")
    energies = [row for row in rows if row.source.startswith("MLPerf Tiny v1.") and row.energy_uj]
    assert len(energies) > 50
    assert all(row.milliseconds and row.variant == "" for row in energies)

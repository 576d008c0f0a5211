"""The package of a suite: its text, its files, and that what has not changed is left alone."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tools.bench.suite.package import build_text, target_of, write_package
from tools.bench.suite.suite import Model, Options, Suite

TEXT = """\
load("@sni_rules//sni_rules:defs.bzl", "sni_benchmark_suite")

filegroup(
    name = "saved_saved_model",
    srcs = glob(["models/saved_saved_model/**"]),
    tags = ["manual"],
)

sni_benchmark_suite(
    name = "all",
    data = {
        "trained": "models/trained_data.npz",
    },
    engines = [
        "sni",
        "microtvm",
    ],
    models = {
        "fc_0": "models/fc_0.yaml",
        "trained": "models/trained.keras",
        "saved": ":saved_saved_model",
        "given": {
            "basic": "models/given_basic.tflite",
            "p_2:4+int8_only": "models/given_p_2_of_4_int8_only.tflite",
        },
    },
    options = {
        "-O3": {},
        "-Os \\"soft\\"": {
            "copts": ["-Os"],
            "fpu": False,
        },
    },
    pipelines = {
        "given": "models/given_pipeline.json",
    },
    platforms = ["@sni_rules//platforms:cortex_m4"],
    tags = ["manual"],
    variants = [
        "basic",
        "p_2:4+int8_only",
    ],
)
"""


@pytest.fixture
def suite(tmp_path: Path) -> Suite:
    source = tmp_path / "source"
    (source / "saved/variables").mkdir(parents=True)
    for name in (
        "fc.yaml",
        "t.keras",
        "t.npz",
        "a.tflite",
        "b.tflite",
        "p.json",
        "saved/saved_model.pb",
        "saved/variables/v",
    ):
        (source / name).write_text(name)
    return Suite(
        "all",
        (
            Model("fc_0", zoo=source / "fc.yaml"),
            Model("trained", trained=source / "t.keras", data=source / "t.npz"),
            Model("saved", trained=source / "saved"),
            Model(
                "given",
                variants={"basic": source / "a.tflite", "p_2:4+int8_only": source / "b.tflite"},
                pipeline=source / "p.json",
            ),
        ),
        variants=("basic", "p_2:4+int8_only"),
        engines=("sni", "microtvm"),
        platforms=("cortex_m4",),
        options=(Options("-O3"), Options('-Os "soft"', ("-Os",), False)),
    )


def files(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


def test_the_text(suite: Suite) -> None:
    assert build_text(suite) == TEXT
    assert target_of(suite) == "//sni_bench/all:all"


def test_the_files(suite: Suite, tmp_path: Path) -> None:
    workspace = tmp_path / "workspace"
    folder = write_package(suite, workspace)
    assert folder == workspace / "sni_bench/all"
    assert files(folder) == {
        ".gitignore": "*\n",
        "BUILD.bazel": TEXT,
        "models/fc_0.yaml": "fc.yaml",
        "models/trained.keras": "t.keras",
        "models/trained_data.npz": "t.npz",
        "models/saved_saved_model/saved_model.pb": "saved/saved_model.pb",
        "models/saved_saved_model/variables/v": "saved/variables/v",
        "models/given_basic.tflite": "a.tflite",
        "models/given_p_2_of_4_int8_only.tflite": "b.tflite",
        "models/given_pipeline.json": "p.json",
    }


def test_what_has_not_changed_is_left_alone(suite: Suite, tmp_path: Path) -> None:
    folder = write_package(suite, tmp_path)
    old = 1_000_000_000
    for path in folder.rglob("*"):
        os.utime(path, (old, old))
    (tmp_path / "source/a.tflite").write_text("changed")
    (tmp_path / "source/saved/variables/v").unlink()
    (folder / "models/left_over.tflite").write_text("of a model that was")
    write_package(suite, tmp_path)
    changed = {path.name for path in folder.rglob("*") if path.is_file() and path.stat().st_mtime != old}
    assert changed == {"given_basic.tflite"}
    assert "models/left_over.tflite" not in files(folder)
    assert "models/saved_saved_model/variables/v" not in files(folder)

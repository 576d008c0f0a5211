"""The same bytes from two checkouts and two output bases, and one action that a cache can stand in for.

Bazel runs inside this test, on two copies of the module in different folders: what the rules generate must hang neither
on where the sources lie nor on where Bazel works. Running the compiler by hand would not show what the rules add to it
(paths in arguments, the environment of the action, the include paths that get into object files).
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

MODULE = Path("MODULE.bazel").resolve().parent
"""The real source tree: runfiles hold links into it. What of it the builds below read is this test's `data`."""

PARTS = ("MODULE.bazel", ".bazelrc", "BUILD.bazel", "platforms", "requirements", "sni_rules", "tools")
TESTDATA = "tests/testdata"

BUILD = """
load("//sni_rules:defs.bzl", "sni_model")

sni_model(
    name = "probe",
    model = "dense_int8.tflite",
    pipeline = "dense_pipeline.json",
)
"""

GENERATED = [
    "probe.c",
    "probe.h",
    "probe_arena.svg",
    "probe_engine.c",
    "probe_report.json",
    "probe_report.txt",
    "probe_weights.h",
]
LIBRARY = "libprobe.a"


BAZEL = os.environ.get("BAZEL") or shutil.which("bazelisk") or shutil.which("bazel")


@dataclass(frozen=True)
class Checkout:
    """A copy of the module, with an output base of its own."""

    source: Path
    output_base: Path

    def bazel(self, *arguments: str) -> str:
        """Runs Bazel; its output, stderr included."""
        startup = [BAZEL, f"--output_base={self.output_base}", "--nohome_rc"]
        done = subprocess.run(
            [*startup, *arguments],
            cwd=self.source,
            env={name: value for name, value in os.environ.items() if not name.startswith(("TEST_", "RUNFILES_"))},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout
        return done.stdout

    def build(self, *flags: str) -> str:
        """Builds the model, library and sources."""
        return self.bazel(
            "build", "//probe", "--output_groups=+srcs,+hdrs,+engine,+report", "--color=no", "--curses=no", *flags
        )

    def outputs(self) -> dict[str, bytes]:
        """The bytes of everything built, by file name."""
        folder = self.source / "bazel-bin" / "probe"
        return {name: (folder / name).read_bytes() for name in [*GENERATED, LIBRARY]}


def copy_module(target: Path) -> None:
    """A checkout of what the compiler and the rules are made of, and a package with one model."""
    target.mkdir(parents=True)
    for part in PARTS:
        source = MODULE / part
        if source.is_dir():
            shutil.copytree(source, target / part, ignore=shutil.ignore_patterns("__pycache__", "bazel-*"))
        else:
            shutil.copy(source, target / part)
    probe = target / "probe"
    probe.mkdir()
    for name in ("dense_int8.tflite", "dense_pipeline.json"):
        shutil.copy(MODULE / TESTDATA / name, probe / name)
    (probe / "BUILD.bazel").write_text(BUILD, encoding="utf-8")


def spawns(log: Path) -> Iterator[dict[str, Any]]:
    """The actions in an execution log, which is one JSON object after the other."""
    text = log.read_text(encoding="utf-8")
    position = 0
    while position < len(text):
        spawn, position = json.JSONDecoder().raw_decode(text, position)
        yield spawn
        while position < len(text) and text[position].isspace():
            position += 1


@pytest.fixture
def checkouts(tmp_path: Path) -> Iterator[tuple[Checkout, Checkout]]:
    if BAZEL is None:
        pytest.skip("neither bazelisk nor bazel is on PATH")
    first = Checkout(tmp_path / "one" / "sni_rules", tmp_path / "base")
    second = Checkout(tmp_path / "another" / "and-deeper" / "checkout", tmp_path / "other-output-base")
    for checkout in (first, second):
        copy_module(checkout.source)
    try:
        yield first, second
    finally:
        for checkout in (first, second):
            checkout.bazel("clean", "--expunge")


def test_same_bytes_and_a_cacheable_action(checkouts: tuple[Checkout, Checkout], tmp_path: Path) -> None:
    first, second = checkouts
    cache = f"--disk_cache={tmp_path / 'cache'}"
    with ThreadPoolExecutor() as pool:
        list(pool.map(Checkout.build, (first, second), (cache, "--disk_cache=")))
    expected = first.outputs()
    found = second.outputs()
    differing = [name for name in expected if expected[name] != found[name]]
    assert differing == []
    for name, content in expected.items():
        for path in (MODULE, first.source, second.source, first.output_base, second.output_base):
            assert str(path).encode() not in content, f"{name} holds the path {path}"

    # Built anew, the second finds the actions of the first in the cache: nothing in their keys hangs on the place.
    second.bazel("clean")
    log = tmp_path / "log.json"
    second.build(cache, f"--execution_log_json_file={log}")
    assert second.outputs() == expected
    runners = {spawn["mnemonic"]: spawn["runner"] for spawn in spawns(log)}
    assert runners["SniCompile"] == runners["CppCompile"] == "disk cache hit"

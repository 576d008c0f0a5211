"""What the pages say of the code, checked against the code. Tables have tests of their own in //docs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from docs.insert_table import inserted
from tests.support.model_writer import write_tflite
from tests.support.models import quantised, single, tensor
from tests.support.native import PROMISED
from tools.sni.compiler import compile_model
from tools.sni.documentation import TABLES, operators_page, refreshed
from tools.sni.emit.files import SUFFIXES
from tools.sni.ir import DType
from tools.sni.operators import OPERATORS
from tools.sni.options import Options
from tools.sni.version import VERSION

ROOT = Path(__file__).resolve().parents[2]


def page(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_the_module_and_the_compiler_have_one_version() -> None:
    assert f'version = "{VERSION}",' in page("MODULE.bazel")


def test_the_readme_names_only_attributes_that_the_rules_have() -> None:
    rules = page("docs/rules.md")
    for snippet in re.findall(r"```starlark\n(.*?)```", page("README.md"), re.DOTALL):
        for rule, body in re.findall(r"^(sni_\w+)\(([^)]*)\)", snippet, re.MULTILINE):
            section = rules.split(f"### {rule}\n")[1].split("\n### ")[0]
            for attribute in re.findall(r"(\w+) = ", body):
                assert f"| `{attribute}` |" in section, f"{rule}.{attribute}"


def test_the_platforms_are_those_that_the_tests_compile_for() -> None:
    table = page("README.md").split("| platform | C compiler |\n")[1].split("\n\n")[0].splitlines()
    names = {"gcc": "GCC", "clang": "Clang"}
    assert table[:2] == ["| --- | --- |", f"| x86-64 Linux | {', '.join(names[c] for c in PROMISED)} |"]


def test_output_md_names_every_file_and_every_macro() -> None:
    text = page("docs/output.md")
    assert all(f"`detector{suffix}`" in text for suffix in SUFFIXES)
    q = quantised(0.1)
    graph = single("RELU", [tensor("x", DType.INT8, (1, 4), q)], [tensor("y", DType.INT8, (1, 4), q)])
    header = compile_model(write_tflite(graph), "detector.tflite", Options("detector"))["detector.h"]
    macros = set(re.findall(r"#define (DETECTOR_\w+) ", header)) - {
        "DETECTOR_OUTPUT_SCALE",
        "DETECTOR_OUTPUT_ZERO_POINT",
    }
    assert all(f"`{macro}`" in text for macro in macros), macros


def test_a_stale_table_is_seen() -> None:
    marked = "a\n<!-- operators -->\n| stale |\n<!-- end of operators -->\nb\n"
    fresh = refreshed(marked)
    assert fresh != marked
    assert fresh.startswith("a\n<!-- operators -->\n| types | operators |")
    assert fresh.endswith("<!-- end of operators -->\nb\n")
    assert refreshed(fresh) == fresh
    assert all(f"`{kind}`" in fresh for kind in OPERATORS if kind == kind.upper())
    assert set(TABLES) == {"operators", "passes", "profiles"}


def test_a_table_goes_between_its_markers() -> None:
    page_with_table = "a\n<!-- t -->\nold\n<!-- end of t -->\nb\n"
    assert inserted(page_with_table, "t", "new\n") == "a\n<!-- t -->\nnew\n<!-- end of t -->\nb\n"
    with pytest.raises(ValueError, match="one pair of markers 'u' expected, found 0"):
        inserted(page_with_table, "u", "new\n")


def test_the_page_of_operators_has_each_with_its_cases() -> None:
    text = operators_page({"test_a": {"RELU": 3, "TANH": 1}, "test_b": {"RELU": 4}})
    rows = {
        row.split("|")[1].strip(" `"): row.split("|")[4].strip() for row in text.splitlines() if row.startswith("| `")
    }
    assert rows["RELU"] == "7"
    assert rows["TANH"] == "1"
    assert set(rows) == {kind for kind in OPERATORS if kind == kind.upper()}


def test_every_operator_has_been_compared_with_the_oracle() -> None:
    untested = [
        row for row in page("docs/operators.md").splitlines() if row.startswith("| `") and row.endswith("| 0 |")
    ]
    assert not untested

"""Splits a `pip install --target` folder into one Bazel package for each distribution in it.

Run in the repository's folder as `split.py INSTALLED`. Each distribution becomes NAME/BUILD.bazel with a py_library
NAME over the folder NAME/site-packages, which is one single input: a sandbox need not link thousands of files. Its
scripts lie in NAME/bin. Labels and folders are those of rules_python.
"""

import compileall
import csv
import py_compile
import re
import shutil
import sys
from importlib import metadata
from pathlib import Path

from pip._vendor.packaging.requirements import Requirement

BUILD = """\
package(default_visibility = ["//visibility:public"])

py_library(
    name = "{name}",
    data = ["site-packages"],
    imports = ["site-packages"],
    deps = {deps},
)

alias(
    name = "pkg",
    actual = "{name}",
)

filegroup(
    name = "extracted_whl_files",
    srcs = ["site-packages"] + glob(["bin/*"], allow_empty = True),
)
"""


def normalise(name: str) -> str:
    """The form in which names of distributions become labels: `Jinja2` is `jinja2`, `tflite-micro` `tflite_micro`."""
    return re.sub(r"[-_.]+", "_", name).lower()


def requirements(distribution: metadata.Distribution, installed: set[str]) -> list[str]:
    """Labels of the distributions that this one needs here, without extras."""
    parsed = (Requirement(text) for text in distribution.requires or [])
    needed = {normalise(r.name) for r in parsed if r.marker is None or r.marker.evaluate({"extra": ""})}
    return [f"//{name}" for name in sorted(needed & installed)]


def move_files(distribution: metadata.Distribution, source: Path, target: Path) -> None:
    """Moves what the distribution's RECORD lists. What lies above the packages' folder there (`../../bin/x`), such as
    scripts, lies beside the packages in the source, and comes to lie beside site-packages."""
    for row in csv.reader((distribution.read_text("RECORD") or "").splitlines()):
        parts = [part for part in Path(row[0]).parts if part != ".."]
        inside = ".." not in Path(row[0]).parts
        moved = Path(target, "site-packages", *parts) if inside else Path(target, *parts)
        moved.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(Path(source, *parts), moved)


def main() -> None:
    source = Path(sys.argv[1])
    distributions = {normalise(d.name): d for d in metadata.distributions(path=[str(source)])}
    deps = {name: requirements(d, set(distributions) - {name}) for name, d in distributions.items()}
    for name, distribution in distributions.items():
        move_files(distribution, source, Path(name))
        Path(name, "BUILD.bazel").write_text(BUILD.format(name=name, deps=deps[name]))
    shutil.rmtree(source)
    Path("BUILD.bazel").write_text("")
    # Programs are run without writing .pyc files, so they are made here; these need no look at the source's time.
    unchecked = py_compile.PycInvalidationMode.UNCHECKED_HASH
    compileall.compile_dir(".", quiet=2, workers=0, invalidation_mode=unchecked)


if __name__ == "__main__":
    main()

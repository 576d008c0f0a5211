"""The templates of this folder, with the filters of the compiler's own."""

from __future__ import annotations

import functools
from pathlib import Path

import jinja2

from tools.sni.emit import files
from tools.sni.version import VERSION


@functools.cache
def _environment() -> jinja2.Environment:
    folders = [Path(__file__).parent, Path(files.__file__).parent]
    return files.environment().overlay(loader=jinja2.FileSystemLoader(folders))


def render(template: str, name: str, sha256: str, **values: object) -> str:
    """A file of the model `name`, whose `.tflite` has this SHA-256."""
    return (
        _environment()
        .get_template(template)
        .render(name=name, upper=name.upper(), version=VERSION, sha256=sha256, **values)
    )

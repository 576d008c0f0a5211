"""Tables for the documentation, made from what the code registers, so that a test can tell when a page is stale."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import tools.sni.ops  # noqa: F401  (registers the operators)
from tools.sni.operators import OPERATORS
from tools.sni.options import PROFILES
from tools.sni.passes import AFTER, BEFORE, PASSES


def operators_table() -> str:
    """A Markdown row for each set of types: the operators that have it."""
    families: dict[str, list[str]] = {}
    for name, op in sorted(OPERATORS.items()):
        if _is_public(name):
            families.setdefault("; ".join(op.types), []).append(f"`{name}`")
    rows = [("types", "operators")]
    return _markdown(rows + [(types, ", ".join(names)) for types, names in sorted(families.items())])


def operators_page(cases: Mapping[str, Mapping[str, int]]) -> str:
    """The page of all operators: types, limits, and the number of models that compared each with TFLM.

    cases: for each file of conformance tests, the models with each kind of operator.
    """
    tested: Counter[str] = Counter()
    for counts in cases.values():
        tested.update(counts)
    rows = [("operator", "types", "limits", "tested cases")]
    for name, op in sorted(OPERATORS.items()):
        if _is_public(name):
            rows.append((f"`{name}`", "; ".join(op.types), op.limits, _cases(name, tested)))
    return _OPERATORS_PAGE + _markdown(rows)


def _cases(name: str, tested: Mapping[str, int]) -> str:
    """How many, and how many of them with weights of fewer bits than the activations."""
    narrow = {kind.removeprefix(f"{name} "): n for kind, n in tested.items() if kind.startswith(f"{name} ")}
    of_them = ", ".join(f"{n} {types}" for types, n in sorted(narrow.items()))
    return f"{tested[name]}, of them {of_them}" if narrow else str(tested[name])


def _is_public(kind: str) -> bool:
    """Kinds in lower case are the compiler's own; no model file has them."""
    return kind == kind.upper()


_OPERATORS_PAGE = """\
<!-- Made from tools/sni/ops and tests/conformance/cases.json: change these, then run ./bazelw run //docs:update -->

# Operators

`int8` and `int16x8` are TFLite's full-integer quantisations: 8-bit activations and weights, and 16-bit activations with
8-bit weights. `float32 with int8 weights` is dynamic-range quantisation: the layer quantises its input when it runs. A
type that is named for weights alone is that of constants, which keep their bits in flash. A model with anything else is
refused with a message that names the operator, the tensor and the remedy.

A tested case is a model with the operator that was compiled to C, run, and compared with TensorFlow Lite Micro, bit for
bit where it is integer (`tests/conformance`). Dynamic-range layers, which that refuses, are compared with LiteRT's
reference kernels, bit for bit; float16 weights with the same values as float32.

"""


def profiles_table() -> str:
    """A Markdown row a kernel profile."""
    return _markdown([("profile", "kernels"), *((f"`{p.name}`", p.description) for p in PROFILES.values())])


def passes_table() -> str:
    """A Markdown row a pass, in the order in which they run: its file, and what it says it does, and where."""
    rows = [("when", "pass", "what it does")]
    for when, passes in (("once, first", BEFORE), ("until nothing changes", PASSES), ("once, last", AFTER)):
        for rewrite in passes:
            file = rewrite.__module__.rpartition(".")[2]
            rows.append((when, f"`{file}`", " ".join((rewrite.__doc__ or "").split())))
    return _markdown(rows)


TABLES: Mapping[str, Callable[[], str]] = {
    "operators": operators_table,
    "passes": passes_table,
    "profiles": profiles_table,
}
"""What may stand between `<!-- NAME -->` and `<!-- end of NAME -->` in a page."""


def refreshed(page: str) -> str:
    """The page with each marked table as it should be now."""
    for name, table in TABLES.items():
        start, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
        if start in page and end in page:
            head, rest = page.split(start, 1)
            page = head + start + table() + end + rest.split(end, 1)[1]
    return page


def _markdown(rows: Sequence[Sequence[str]]) -> str:
    head, *body = ("| " + " | ".join(row) + " |" for row in rows)
    return "\n".join([head, "| " + " | ".join("---" for _ in rows[0]) + " |", *body]) + "\n"

"""The HTML page: one file that asks for nothing else, in which a browser runs this script and no other."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

import jinja2
from markupsafe import Markup

from tools.bench.suite.results import Results
from tools.report import arena, errors, layers, published, scatter, spread, summary, wording
from tools.report.data import script_data
from tools.report.table import KEYS, groups, rows

_HERE = Path(__file__).parent
_SCRIPTS = tuple(f"scripts/{name}.js" for name in ("report", "table", "layers", "arena", "cell"))


def page(results: Results) -> str:
    """The page; the same text for the same results."""
    found = summary.summary(results)
    engine = wording.engine(found.reference or "")
    told = rows(results, engine)
    chosen = layers.chosen(results)
    shown = results.results[chosen] if chosen is not None else None
    style, script = _resource("report.css") + _hidden_columns(), "".join(map(_resource, _SCRIPTS))
    return (
        _environment()
        .get_template("page.html.j2")
        .render(
            results=results,
            run=results.run,
            summary=found,
            reference=engine,
            spread=spread.spread([*found.overall, *found.by_platform]),
            engines=summary.values_of(results, "engine"),
            measured={result.key.engine for result in results.results if result.figures},
            dimensions={name: summary.values_of(results, name) for name in KEYS},
            groups=groups(engine),
            rows=told,
            panels=scatter.panels(results),
            chosen=chosen,
            cell=shown,
            layer_rows=layers.layer_rows(shown.figures) if shown and shown.figures else (),
            measures=[name for name, _ in layers.MEASURES],
            arena=arena.arena_map(shown.figures) if shown and shown.figures else None,
            errors=errors.chart(results),
            matrix=errors.matrix(results),
            published=published.table(results),
            data=Markup(script_data(results, told)),
            style=Markup(style),
            script=Markup(script),
            style_hash=_hash(style),
            script_hash=_hash(script),
        )
    )


def _environment() -> jinja2.Environment:
    env = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_HERE / "templates"),
        undefined=jinja2.StrictUndefined,
        autoescape=True,
        finalize=_printable,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    names = ("engine", "count", "decimal", "percent", "seconds", "plural", "listed")
    env.filters |= {name: getattr(wording, name) for name in names}
    env.globals |= {"shape": scatter.shape, "sentence": summary.sentence, "arena_size": arena, "NONE": wording.NONE}
    return env


def _printable(value: object) -> object:
    return wording.clean(value) if type(value) is str else value


def _resource(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")


def _hidden_columns() -> str:
    """Style that hides the columns of each group that is not asked for."""
    rules, first = [], len(KEYS) + 1
    for number, group in enumerate(groups("")):
        last = first + len(group.columns) - 1
        if group.name:
            cells = f".cells tr > :nth-child(n + {first}):nth-child(-n + {last})"
            rules.append(f"body:has(#show-{number}:not(:checked)) {cells} {{ display: none; }}\n")
        first = last + 1
    return "".join(rules)


def _hash(text: str) -> Markup:
    """As a content security policy names a script or style sheet that it allows."""
    return Markup(f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'")

"""Renders what Bazel's starlark_doc_extract found in the public .bzl files as one Markdown page.

render_rules.py OUT EXTRACT.textproto...
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from docs.textproto import Message, parse

_TITLE = """<!-- Made from the docstrings of the public .bzl files. To update: ./bazelw run //docs:update -->

# Rule reference

Every rule has Bazel's [common attributes](https://bazel.build/reference/be/common-definitions) too: `visibility`,
`tags` and so on.
"""

_TYPES = {
    "BOOLEAN": "boolean",
    "INT": "integer",
    "LABEL": "label",
    "LABEL_LIST": "list of labels",
    "STRING": "string",
    "STRING_DICT": "dictionary of strings",
    "STRING_LIST": "list of strings",
}


def render(modules: Iterable[Message]) -> str:
    """The page. modules: stardoc_output.ModuleInfo messages, in the order in which they are to appear."""
    modules = list(modules)
    parts = [_TITLE, _contents(modules)]
    parts += [_module(module) for module in modules]
    return "\n".join(parts)


def _load_path(module: Message) -> str:
    """`@sni_rules//sni_rules:defs.bzl`, whichever way Bazel writes the main repository."""
    return "@sni_rules//" + module.text("file").partition("//")[2]


def _contents(modules: Sequence[Message]) -> str:
    rows = []
    for module in modules:
        for rule in module.messages("rule_info"):
            rows.append((rule.text("rule_name"), rule.text("doc_string"), _load_path(module)))
        for macro in module.messages("func_info"):
            rows.append((macro.text("function_name"), macro.text("doc_string"), _load_path(module)))
        for provider in module.messages("provider_info"):
            rows.append((provider.text("provider_name"), provider.text("doc_string"), _load_path(module)))
    return _table(
        ("", "", "load from"),
        [(f"[{name}](#{name.lower()})", _first_sentence(doc), f"`{path}`") for name, doc, path in rows],
    )


def _module(module: Message) -> str:
    parts = [f"## {_load_path(module)}\n", module.text("module_docstring").strip() + "\n"]
    parts += [_rule(rule) for rule in sorted(module.messages("rule_info"), key=lambda rule: rule.text("rule_name"))]
    macros = sorted(module.messages("func_info"), key=lambda macro: macro.text("function_name"))
    parts += [_macro(macro) for macro in macros]
    parts += [_provider(provider) for provider in module.messages("provider_info")]
    return "\n".join(parts)


def _rule(rule: Message) -> str:
    attributes = [attribute for attribute in rule.messages("attribute") if attribute.text("name") != "name"]
    undocumented = [attribute.text("name") for attribute in attributes if not attribute.text("doc_string")]
    if undocumented:
        raise ValueError(f"{rule.text('rule_name')}: attributes without a doc: {', '.join(undocumented)}")
    # Those that must be given stand first; within either group the order is the alphabet's.
    attributes.sort(key=lambda attribute: (attribute.text("mandatory") != "true", attribute.text("name")))
    rows = [("`name`", "name", "required", "A name for the target.")]
    rows += [
        (
            f"`{attribute.text('name')}`",
            _TYPES[attribute.text("type")],
            "required" if attribute.text("mandatory") == "true" else f"`{attribute.text('default_value')}`",
            attribute.text("doc_string"),
        )
        for attribute in attributes
    ]
    table = _table(("attribute", "type", "default", ""), rows)
    return f"### {rule.text('rule_name')}\n\n{rule.text('doc_string').strip()}\n\n{table}"


def _macro(macro: Message) -> str:
    name = macro.text("function_name")
    parameters = macro.messages("parameter")
    undocumented = [parameter.text("name") for parameter in parameters if not parameter.text("doc_string")]
    if undocumented:
        raise ValueError(f"{name}: parameters without a doc: {', '.join(undocumented)}")
    rows = [
        (
            f"`{parameter.text('name')}`",
            f"`{parameter.text('default_value')}`" if parameter.text("default_value") else _required(parameter),
            parameter.text("doc_string"),
        )
        for parameter in parameters
    ]
    return f"### {name}\n\n{macro.text('doc_string').strip()}\n\n{_table(('attribute', 'default', ''), rows)}"


def _required(parameter: Message) -> str:
    return "required" if parameter.text("mandatory") == "true" else ""


def _provider(provider: Message) -> str:
    rows = [(f"`{field.text('name')}`", field.text("doc_string")) for field in provider.messages("field_info")]
    table = _table(("field", ""), rows)
    return f"### {provider.text('provider_name')}\n\n{provider.text('doc_string').strip()}\n\n{table}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(_cell(cell) for cell in line) + " |\n" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _first_sentence(text: str) -> str:
    return text.strip().split("\n\n")[0].split(". ")[0].rstrip(".") + "."


def main(argv: Sequence[str]) -> None:
    """The command; argv as in the head of this file."""
    out, *extracts = argv[1:]
    modules = [parse(Path(extract).read_text(encoding="utf-8")) for extract in extracts]
    Path(out).write_text(render(modules), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv)

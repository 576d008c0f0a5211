"""The generator of docs/rules.md."""

from __future__ import annotations

import pytest

from docs.render_rules import render
from docs.textproto import parse

MODULE = r"""
file: "@@//sni_rules:defs.bzl"
module_docstring: "The \"rules\"\n"
rule_info {
  rule_name: "oven"
  doc_string: "Bakes. And cools.\n\nAt 100 \302\260C or 20\\%."
  attribute { name: "name" doc_string: "A unique name." type: NAME mandatory: true }
  attribute { name: "minutes" doc_string: "How\nlong | far." type: INT default_value: "7" }
  attribute { name: "cake" doc_string: "What." type: LABEL mandatory: true }
}
func_info {
  function_name: "bakery"
  parameter { name: "name" doc_string: "of the bakery." mandatory: true }
  parameter { name: "ovens" doc_string: "how many." default_value: "2" }
  doc_string: "Several ovens."
}
provider_info {
  provider_name: "CakeInfo"
  doc_string: "A cake."
  field_info { name: "layers" doc_string: "integer: how many." }
}
"""


def test_strings_are_bytes_in_utf8() -> None:
    rule = parse(MODULE).messages("rule_info")[0]
    assert rule.text("doc_string") == "Bakes. And cools.\n\nAt 100 °C or 20\\%."


@pytest.mark.parametrize("text", ['a: "open', "a {", "a: }", ": 1", "a: 1 }", "a"])
def test_what_is_not_of_the_format_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"expected|no end"):
        parse(text)


def test_a_page() -> None:
    page = render([parse(MODULE)])
    assert "| [oven](#oven) | Bakes. | `@sni_rules//sni_rules:defs.bzl` |\n" in page
    assert "| [CakeInfo](#cakeinfo) | A cake. | `@sni_rules//sni_rules:defs.bzl` |\n" in page
    name, cake, minutes = (page.index(text) for text in ("| `name`", "| `cake` | label | required |", "| `minutes`"))
    assert name < cake < minutes
    assert "| `minutes` | integer | `7` | How long \\| far. |\n" in page
    assert "| `layers` | integer: how many. |\n" in page
    assert "| [bakery](#bakery) | Several ovens. | `@sni_rules//sni_rules:defs.bzl` |\n" in page
    assert "| `name` | required | of the bakery. |\n| `ovens` | `2` | how many. |\n" in page


def test_an_attribute_without_a_doc_is_an_error() -> None:
    undocumented = MODULE.replace('doc_string: "What."', "")
    with pytest.raises(ValueError, match="oven: attributes without a doc: cake"):
        render([parse(undocumented)])
    undocumented = MODULE.replace('doc_string: "how many."', "")
    with pytest.raises(ValueError, match="bakery: parameters without a doc: ovens"):
        render([parse(undocumented)])

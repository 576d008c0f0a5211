"""The cells of a suite."""

from pathlib import Path

from tools.bench.suite.suite import Model, Options, Suite, cells


def _names(suite: Suite) -> list[str]:
    return [str(key) for key in cells(suite)]


def test_what_is_compared_stands_side_by_side() -> None:
    suite = Suite("s", (Model("fc", zoo=Path("fc.yaml")),), ("basic",), ("sni", "microtvm"), ("x86_64", "armv7l"))
    assert _names(suite) == [
        "fc/basic/sni/x86_64/-O3",
        "fc/basic/microtvm/x86_64/-O3",
        "fc/basic/sni/armv7l/-O3",
        "fc/basic/microtvm/armv7l/-O3",
    ]


def test_files_have_the_variants_that_they_are_given_for() -> None:
    models = (Model("ad", variants={"int8_only": Path("ad.tflite")}), Model("fc", trained=Path("fc.keras")))
    suite = Suite("s", models, ("basic", "int8_only"), ("sni",), ("x86_64",), (Options("-Os", ("-Os",)),))
    assert _names(suite) == [
        "ad/int8_only/sni/x86_64/-Os",
        "fc/basic/sni/x86_64/-Os",
        "fc/int8_only/sni/x86_64/-Os",
    ]

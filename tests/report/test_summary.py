"""What a report says first: ratios, their means, and how many cells there are of each kind."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.report.example import example
from tools.bench.suite.results import Failure, Figures, Key, Result, Results
from tools.report.summary import peers, reference, sentence, summary

FIGURES = next(result.figures for result in example(1, hostile=False).results if result.figures)


def results(*cells: tuple[str, str, Figures | None]) -> Results:
    """Results of (model, engine, figures), all on one platform."""
    return Results(
        example(1).run,
        tuple(
            Result(
                Key(model, "int8_only", engine, "cortex_m4", "-O3"),
                figures,
                None if figures else Failure("build", "error: no"),
            )
            for model, engine, figures in cells
        ),
    )


def costing(instructions: int | None, flash: int, ram: int) -> Figures:
    return replace(FIGURES, instructions=instructions, flash=flash, ram=ram)


def test_ratios_are_geometric_means_over_what_both_engines_have() -> None:
    found = summary(
        results(
            ("a", "sni", costing(100, 100, 10)),
            ("a", "tflm", costing(200, 1000, 10)),
            ("b", "sni", costing(100, 100, 10)),
            ("b", "tflm", costing(800, 1000, 5)),
            ("c", "sni", costing(1, 1, 1)),
            ("c", "tflm", None),
            ("d", "tflm", costing(7, 7, 7)),
        )
    )
    (overall,) = found.overall
    assert (overall.engine, overall.platform) == ("tflm", None)
    time, flash, ram = overall.ratios.values()
    assert time is not None
    assert time.mean == pytest.approx(0.25)
    assert (time.least, time.greatest, time.pairs) == (0.125, 0.5, 2)
    assert flash is not None
    assert flash.mean == pytest.approx(0.1)
    assert ram is not None
    assert ram.mean == pytest.approx(2**0.5)
    assert sentence(overall, "sni") == "SNI needs 25% of TFLM’s instructions, 10% of its flash and 141% of its RAM"
    assert [comparison.platform for comparison in found.by_platform] == ["cortex_m4"]


def test_what_was_not_counted_takes_no_part_in_a_mean() -> None:
    found = summary(results(("a", "sni", costing(None, 5, 0)), ("a", "microtvm", costing(9, 10, 4))))
    assert sentence(found.overall[0], "sni") == "SNI needs 50% of microTVM’s flash"
    assert found.overall[0].ratios["instructions"] is None
    assert found.overall[0].ratios["RAM"] is None


def test_the_reference_is_sni_wherever_it_stands() -> None:
    assert reference(results(("a", "tflm", FIGURES), ("a", "sni", FIGURES))) == "sni"
    assert reference(results(("a", "tflm", FIGURES), ("a", "microtvm", FIGURES))) == "tflm"
    assert reference(results()) is None


def test_cells_are_compared_with_their_own_platform_and_options() -> None:
    keys = [Key("a", "basic", engine, platform, "-O3") for engine in ("sni", "tflm") for platform in ("x", "y")]
    figures = [costing(number, number, number) for number in (1, 2, 3, 4)]
    made = Results(example(1).run, tuple(Result(k, f, None) for k, f in zip(keys, figures, strict=True)))
    assert [ours.flash for ours in peers(made).values()] == [1, 2, 1, 2]


def test_cells_of_each_kind_are_counted() -> None:
    made = results(
        ("a", "sni", replace(FIGURES, exact=True)),
        ("b", "sni", replace(FIGURES, exact=False)),
        ("c", "sni", replace(FIGURES, exact=None)),
        ("d", "sni", None),
        ("e", "sni", None),
    )
    found = summary(made)
    assert (found.cells, found.failures, found.failing, found.exact) == (5, 2, {"sni": 2}, {"sni": (1, 2)})
    assert found.exact_by_variant == {"int8_only": (1, 2)}
    assert [[key.model for key in failed.keys] for failed in found.failed] == [["d", "e"]]
    assert found.failed[0].same
    assert found.overall == ()


def test_failures_that_differ_in_names_alone_are_told_once() -> None:
    messages = {"fc_0": "no library for //s:fc_0_basic", "fc_1": "no library for //s:fc_1_basic", "fc_2": "no library"}
    made = [Result(Key(name, "basic", "tflm", "x", "-O3"), None, Failure("build", messages[name])) for name in messages]
    first, second = summary(Results(example(1).run, tuple(made))).failed
    assert [key.model for key in first.keys] == ["fc_0", "fc_1"]
    assert first.failure.message == messages["fc_0"]
    assert not first.same
    assert [key.model for key in second.keys] == ["fc_2"]

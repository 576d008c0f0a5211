"""The stack bound of every int8 model on every platform, against the measurement there; and what models may take."""

from __future__ import annotations

import functools

import pytest

from tools.bench.figures import platforms

SIZES = platforms.sizes_in(platforms.SIZES)
MODELS = sorted({"ais" if name == platforms.size_name("ais") else name for name, _ in SIZES})
PLATFORMS = sorted({platform for _, platform in SIZES})


def size(model: str, platform: str) -> dict:
    return SIZES[platforms.size_name(model), platform]


_UNUSED = 48
"""Bytes of a frame that an inference need not write."""


@functools.cache
def measured(model: str, platform: str) -> dict[str, int | None]:
    return platforms.run(model, platform)


def test_models_and_platforms_are_there() -> None:
    assert "ais" in MODELS
    assert {"x86_64", "armv7l", "cortex_m0", "cortex_m4", "cortex_m55"} <= set(PLATFORMS)


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize("model", MODELS)
def test_the_bound_of_the_stack_is_never_below_the_measurement(model: str, platform: str) -> None:
    functions = size(model, platform)["functions"]
    compared = {
        function: (functions[name]["stack"], depth)
        for function, depth in measured(model, platform).items()
        for name in functions
        if name.endswith(f"_{function}")
    }
    assert {"init", "invoke"} <= set(compared)
    assert {function: pair for function, pair in compared.items() if pair[0] < pair[1]} == {}


# An x86-64 image has kernels for processors of every level, and the bound is for all; a measurement is of this one's.
@pytest.mark.parametrize("platform", [name for name in PLATFORMS if not name.startswith("x86_64")])
@pytest.mark.parametrize("model", MODELS)
def test_the_bound_of_the_stack_is_at_most_a_quarter_above(model: str, platform: str) -> None:
    deepest = max(measured(model, platform).values())
    # Of a stack of a few words a quarter is less than what a function keeps for a way that this model does not take.
    assert size(model, platform)["stack"] <= max(1.25 * deepest, deepest + _UNUSED)


@pytest.mark.parametrize("model", MODELS)
def test_int8_models_on_a_cortex_m0_have_no_floating_point(model: str) -> None:
    if model == "ais":
        pytest.skip("its pipeline computes with floats; test_objects has the network alone")
    libraries = {part["name"].removeprefix("library ") for part in size(model, "cortex_m0")["parts"]}
    assert {
        name for name in libraries if name.startswith(("__aeabi_f", "__aeabi_d", "__aeabi_i2", "__aeabi_u"))
    } == set()


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize("model", MODELS)
def test_no_heap_and_no_printf(model: str, platform: str) -> None:
    names = {part["name"].removeprefix("library ").lstrip("_") for part in size(model, platform)["parts"]}
    assert {name for name in names if "printf" in name or name in ("malloc", "free", "realloc", "sbrk")} == set()


def test_keyword_spotting_on_a_cortex_m4_is_its_weights_and_at_most_12_kilobytes() -> None:
    if "kws" not in MODELS:
        pytest.skip("needs MLPerf Tiny's models, of the folder ../shared beside the workspace")
    weights_and_biases = 24_392
    assert platforms.sizes_in(platforms.LIMITED_SIZES)["kws_small", "cortex_m4"]["flash"] <= weights_and_biases + 12_000

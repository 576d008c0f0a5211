"""Instructions of each layer: counted in two ways, which have to agree."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.convolutions import INT8S, conv
from tests.support.model_writer import write_tflite
from tests.support.native import Native
from tools.kit.building import BuildError, build
from tools.kit.counting import missing
from tools.kit.layers import FLAGS, HEAD, NAME, interface, measure, random_inputs, rows
from tools.kit.served import EndedError, Served, command
from tools.kit.table import Platform, platform, platform_names
from tools.sni.compiler import compile_model
from tools.sni.options import Options

MODEL = Path("examples/ais_detector/models/ais_int8.tflite")


def files(profile: str = "c99") -> dict[str, str]:
    return dict(compile_model(MODEL.read_bytes(), MODEL.name, Options(NAME, profile)))


def usable(name: str) -> Platform:
    on = platform(name)
    if lacking := missing(on):
        pytest.skip(f"needs {', '.join(lacking)} on PATH")
    return on


@pytest.mark.parametrize("name", ["cortex_m0", "cortex_m4", "cortex_m55"])
def test_on_bare_metal_the_board_counts_the_same(name: str, tmp_path: Path) -> None:
    on, made = usable(name), files()
    program = build(on, made, interface(made), tmp_path, FLAGS)
    served = Served(command(on, program, on.counting), interface(made))
    served.initialise()
    # They differ by the call of the inference, which is inlined or not.
    assert abs(served.count(*random_inputs(made)) - measure(made, on).instructions) <= 5


def test_single_steps_count_what_the_emulator_counts() -> None:
    # Without functions of the C library, which chooses its own by what the processor has.
    model = write_tflite(conv((1, 5, 5, 16), (1, 1), 20, types=INT8S, activation="RELU").graph())
    on, made = usable("x86_64_v3"), dict(compile_model(model, "m.tflite", Options(NAME)))
    assert measure(made, on) == measure(made, replace(on, counter=()))


@pytest.mark.parametrize("name", ["armv7l", "cortex_m0", "cortex_m4", "x86_64"])
def test_counts_are_repeatable_and_belong_to_layers(name: str) -> None:
    on, made = usable(name), files()
    once = measure(made, on)
    assert once == measure(made, on)
    *layers, calls = once.layers
    assert [layer.operator for layer in layers] == ["FULLY_CONNECTED"] * 4
    lanes = 1 if on.bare_metal else 8
    assert all(layer.macs / lanes < layer.instructions < 100 * layer.macs for layer in layers)
    assert all(0 < layer.requantising < layer.instructions for layer in layers)
    assert calls.instructions < 60
    table = rows(once)
    assert [len(row) for row in table] == [len(HEAD)] * 6
    assert table[-1][3] == f"{once.instructions:,}"


def test_optimised_for_size_there_are_other_counts_and_less_flash() -> None:
    on, made = usable("cortex_m0"), files()
    fast, small = (measure(made, on, (*FLAGS, flag)) for flag in ("-O3", "-Os"))
    assert fast.instructions != small.instructions
    assert fast.constants < small.flash < fast.flash


def test_a_compiler_that_fails_is_quoted(tmp_path: Path) -> None:
    made = files()
    broken = {**made, f"{NAME}.c": "int x = ;\n"}
    with pytest.raises(BuildError, match=r"model\.c:1:9: error: "):
        build(usable("cortex_m0"), broken, interface(made), tmp_path, FLAGS)


@pytest.mark.parametrize("name", ["armv7l", "cortex_m4"])
def test_a_model_that_writes_behind_its_state_or_faults_is_found(name: str) -> None:
    def compile_with(line: str) -> object:
        def compile(model: bytes, source: str, options: Options) -> dict[str, str]:
            made = dict(compile_model(model, source, options))
            head = f"void {options.name}_invoke({options.name}_state *state) {{"
            made[f"{options.name}.c"] = made[f"{options.name}.c"].replace(head, f"{head}\n  {line}")
            return made

        return compile

    model = write_tflite(conv((1, 2, 2, 1), (1, 1), 1).graph())
    behind = "((uint8_t *)state)[sizeof *state + 9] = 3;"
    native = Native(model, flags=("-O3", "-Wno-error"), compile=compile_with(behind), on=usable(name))
    values = [native.inputs[0].dtype.numpy.type(0)]
    with pytest.raises(AssertionError, match="wrote behind its state"):
        native.run(*(value.repeat(4) for value in values))
    fault = "*(volatile int *)0xf0000000u = 3;"
    native = Native(model, flags=("-O3", "-Wno-error"), compile=compile_with(fault), on=usable(name))
    with pytest.raises(EndedError, match="fault"):
        native.run(*(value.repeat(4) for value in values))


def test_every_platform_is_known_with_its_profile_and_an_unknown_one_is_an_error() -> None:
    profiles = {name: platform(name).profile for name in platform_names()}
    assert profiles["armv7l"] == "neon"
    assert (profiles["cortex_m0"], profiles["cortex_m3"]) == ("scalar", "scalar_m3")
    assert profiles["cortex_m4"] == profiles["cortex_m33"] == "dsp"
    assert profiles["cortex_m55"] == "mve"
    assert platform("cortex_m4f") == platform("cortex_m4")
    with pytest.raises(ValueError, match=r'no platform "z80" \(one of: cortex_m0, .*x86_64'):
        platform("z80")

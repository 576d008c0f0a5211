"""Results as a suite's run could have them: several of everything, failures, gaps and hostile names."""

from __future__ import annotations

import itertools
import random

from tools.bench.suite.results import (
    Buffer,
    EdgeMark,
    Error,
    Failure,
    Figures,
    Key,
    Layer,
    Published,
    Result,
    Results,
    Run,
    Wall,
)

HOSTILE = "</script><b id=evil onclick='x()'>\"&amp;|`*\u202e\x07"
"""As a name of a model: markup, quotes, Markdown, a change of direction, a control character."""

ENGINES = ("sni", "microtvm", "tflm")
VARIANTS = ("basic", "dynamic", "int8", "int8_only", "16x8_only")
PLATFORMS = ("x86_64", "armv7l", "cortex_m4")
OPTIONS = ("-O3", "-Os, soft float")

_SPEED = {"sni": 1.0, "microtvm": 1.9, "tflm": 2.8}
_FLASH = {"sni": (900, 1.05), "microtvm": (4_000, 1.15), "tflm": (46_000, 1.1)}
_PER_MAC = {"x86_64": 1.4, "armv7l": 1.9, "cortex_m4": 3.6}
_ERRORS = {"basic": 0.0, "dynamic": 4e-3, "int8": 8e-3, "int8_only": 9e-3, "16x8_only": 6e-5}
_OPERATORS = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "MAX_POOL_2D", "SOFTMAX")


def example(
    models: int = 8,
    layers: int = 7,
    variants: tuple[str, ...] = VARIANTS,
    engines: tuple[str, ...] = ENGINES,
    platforms: tuple[str, ...] = PLATFORMS,
    options: tuple[str, ...] = OPTIONS[:1],
    hostile: bool = True,
) -> Results:
    """The same results for the same arguments. The last model's name is hostile."""
    names = [f"{'fc' if number % 2 else 'cnn'}_{number}" for number in range(models)]
    if hostile:
        names[-1] = HOSTILE
    keys = [Key(m, v, e, p, o) for m in names for v in variants for p in platforms for o in options for e in engines]
    results = tuple(_result(key, names.index(key.model), layers) for key in keys)
    return Results(_RUN, results, _published(names))


def _result(key: Key, number: int, layers: int) -> Result:
    chance = random.Random(str(key))
    if key.engine == "microtvm" and key.variant in ("dynamic", "16x8_only"):
        message = f"error: {key.variant}: microTVM lowers no network with weights of another type than its activations"
        return Result(key, None, Failure("build", f"{message}\nerror: see docs/microtvm.md"))
    if key.model == HOSTILE and key.engine == "tflm":
        return Result(key, None, Failure("run", f"{HOSTILE}\n\tSegmentation fault" + " x" * 200))
    return Result(key, _figures(key, number, layers, chance), None)


def _figures(key: Key, number: int, layers: int, chance: random.Random) -> Figures:
    macs = round(3_000 * 2.6**number)
    weights = round(600 * 2.1**number)
    wide = 4 if key.variant == "basic" else 2 if key.variant == "16x8_only" else 1
    fixed, factor = _FLASH[key.engine]
    speed = _SPEED[key.engine] * _PER_MAC[key.platform] * chance.uniform(0.8, 1.25)
    instructions = round(2_000 + macs * speed)
    constants = weights * wide
    flash = round(fixed * chance.uniform(0.9, 1.4) + constants * factor)
    told = _layers(key, layers, chance, macs, instructions, constants) if key.engine != "tflm" else ()
    buffers = _buffers(key, layers, number, wide)
    arena = max((b.offset + b.size for b in buffers), default=900 * (number + 1))
    ram = arena + {"sni": 32, "microtvm": 260, "tflm": 2_900}[key.engine]
    off = _ERRORS[key.variant] * chance.uniform(0.4, 2.5)
    first = round(instructions * 0.31)
    return Figures(
        engine_version={"sni": "0.1.0", "microtvm": "0.18.0", "tflm": "90b983c2"}[key.engine],
        instructions=instructions,
        wall=Wall(first, round(first * 1.04), round(first * 1.3)) if key.platform == "x86_64" else None,
        flash=flash,
        ram=ram,
        stack=None if key.engine == "tflm" else chance.randrange(200, 700, 4),
        arena=arena,
        constants=constants,
        weights=weights,
        macs=macs,
        error=Error(4 * off, off, off, 1 - off if number % 2 else None, 64),
        exact=None if key.variant == "dynamic" else key.engine != "microtvm",
        edgemark=EdgeMark(flash + 21_000, ram + 3_100, flash, ram),
        build_s=None if chance.random() < 0.1 else chance.uniform(0.2, 9),
        program=f"{chance.getrandbits(256):064x}",
        command=f"./bazelw run //tools/bench -- run small.yaml --only='{key}'",
        notes=("The arena is sized by running the network.",) if key.engine == "tflm" else (),
        layers=told,
        buffers=buffers,
    )


def _layers(
    key: Key, number: int, chance: random.Random, macs: int, instructions: int, constants: int
) -> tuple[Layer, ...]:
    weights = [chance.uniform(0.2, 3) for _ in range(number)]
    made = []
    for position, weight in enumerate(weights):
        share = weight / sum(weights)
        operator = _OPERATORS[position % len(_OPERATORS)]
        name = f"functional_1/block_{position}/Relu;functional_1/block_{position}/BiasAdd"
        kernel = f"{'dsp' if key.platform == 'cortex_m4' else 'c99'}_{operator.lower()}"
        reason = "" if position % 3 else "8 channels, which are no multiple of 16"
        own = None if position == 3 else round(instructions * 0.97 * share)
        flash, ram = 120 + round(constants * share), 256 * (1 + position % 3)
        made.append(Layer(name, operator, kernel, reason, round(macs * share), own, flash, ram))
    return tuple(made)


def _buffers(key: Key, layers: int, number: int, wide: int) -> tuple[Buffer, ...]:
    """Each layer's output lives until the next one has read it, at the two ends of the arena by turns; the last layer
    writes over its input."""
    if key.engine == "tflm":
        return ()
    sizes = [wide * 64 * (1 + (5 * position + number) % 9) for position in range(layers + 1)]
    pairs = [a + b for a, b in itertools.pairwise(sizes)]
    height = max(pairs, default=sizes[0])
    return tuple(
        Buffer(
            f"functional_1/block_{position}/Relu;functional_1/block_{position}/BiasAdd" if position else "input",
            height - sizes[min(position, layers - 1)] if min(position, layers - 1) % 2 else 0,
            size,
            max(0, position - 1),
            min(position, layers - 1),
        )
        for position, size in enumerate(sizes)
    )


def _published(models: list[str]) -> tuple[Published, ...]:
    rows = [
        Published("EdgeMark", tool, "NUCLEO-L4R5ZI", model.upper(), variant, 1.5 + n, None, 100_000 + n, 9_000, 0.0036)
        for n, model in enumerate(models[:4])
        for tool in ("TFLM", "Edge Impulse")
        for variant in ("basic", "int8_only")
    ]
    rows.append(Published("MLPerf Tiny v1.2", "vendor's", HOSTILE, models[0], "", 0.4, 21.5, None, None, None))
    rows.append(Published("EdgeMark", "Ekkono", "NUCLEO-L4R5ZI", models[0], "ekkono", 0.4, None, 5_000, 900, None))
    return tuple(rows)


_RUN = Run(
    suite="small",
    started="2026-01-02T03:04:05Z",
    command="./bazelw run //tools/bench -- run small.yaml",
    machine="x86-64, two cores at 2.1 GHz, Linux 6.1",
    build_s=148.2,
    run_s=61.5,
    cold=False,
    actions={"executed": 126, "from the disk cache": 512, "up to date": 48},
    reused=12,
    versions={"sni_rules": "0.1.0", "GCC": "14.2.0", "QEMU": "10.0.13", "apache-tvm": "0.18.0"},
)

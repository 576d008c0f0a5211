r"""Writes what the firmware has as tables: the waves of the front end, and a recording of known words.

python -m examples.firmware_kws.tables --waves=waves.h --recording=recording.c
"""

import pathlib

import numpy as np
from absl import app, flags
from numpy.random import PCG64, Generator
from numpy.typing import NDArray

from examples.firmware_kws import features, sounds

_WAVES = flags.DEFINE_string("waves", None, "C header to write.", required=True)
_RECORDING = flags.DEFINE_string("recording", None, "C file to write.", required=True)

SCRIPT: tuple[tuple[float, tuple[str, ...]], ...] = (
    (1.0, sounds.WORDS["sai"]),
    (2.3, sounds.WORDS["uwe"]),
    (3.6, ("o", "s", "e")),
    (4.9, sounds.WORDS["eshu"]),
    (6.2, ()),
    (7.3, sounds.WORDS["ioa"]),
    (8.5, sounds.WORDS["sai"]),
    (9.7, sounds.WORDS["eshu"]),
)
"""When what is said, in seconds; nothing: a disturbance."""

SECONDS = 11
SEED = 7
NOISE = 0.002
PER_LINE = 16


def recording() -> NDArray[np.int16]:
    """The sound of the script, [samples], by a different speaker each time."""
    rng = Generator(PCG64(SEED))
    sound = sounds.noise(SECONDS * sounds.RATE, NOISE, rng)
    for start, said in SCRIPT:
        part = sounds.say(said, sounds.speaker(rng), rng) if said else sounds.disturbance(0.4, 0.5, rng)
        at = int(start * sounds.RATE)
        sound[at : at + len(part)] += part
    return sounds.to_samples(sound)


def _numbers(values: NDArray[np.int16]) -> str:
    lines = [values[i : i + PER_LINE].tolist() for i in range(0, len(values), PER_LINE)]
    return ",\n".join("  " + ", ".join(map(str, line)) for line in lines)


def waves_header() -> str:
    bands = ",\n".join(
        "{\n" + ",\n".join("{\n" + _numbers(wave) + "}" for wave in band) + "}" for band in features.waves()
    )
    return (
        "/* Cosine and sine of each band. Made by tables.py. */\n"
        "#include <stdint.h>\n\n"
        "static const int16_t front_end_waves[FRONT_END_BANDS][2][FRONT_END_FRAME] = {\n" + bands + "\n};\n"
    )


def recording_source(samples: NDArray[np.int16]) -> str:
    return (
        '/* What the microphone hears. Made by tables.py. */\n#include "examples/firmware_kws/recording.h"\n\n'
        "const int16_t recording[RECORDING_SAMPLES] = {\n" + _numbers(samples) + "\n};\n"
    )


def main(_: list[str]) -> None:
    pathlib.Path(_WAVES.value).write_text(waves_header(), encoding="utf-8")
    pathlib.Path(_RECORDING.value).write_text(recording_source(recording()), encoding="utf-8")


if __name__ == "__main__":
    app.run(main)

r"""Writes vibration to try the programs on: a CSV of a few recordings, or one window as a C header.

python -m examples.pump_cavitation.sample --csv=sample.csv --header=window.h
"""

from __future__ import annotations

from absl import app, flags

from examples.pump_cavitation import dataset, program, pump

_CSV = flags.DEFINE_string("csv", None, "CSV file to write: a row for each sample.")
_HEADER = flags.DEFINE_string("header", None, "C header to write: a window of a pump that cavitates.")
_SEED = flags.DEFINE_integer("seed", 1, "Seed.")
_WINDOWS = flags.DEFINE_integer("windows", 1, "Windows of each recording.", lower_bound=1)

DIGITS = 5


def csv(some: list[pump.Recording]) -> str:
    """Rows of recording and acceleration, with a header; a recording is called by its cavitation factor."""
    lines = ["recording,acceleration"]
    for recording in some:
        name = f"CF {recording.cavitation_factor:g}"
        lines += [f"{name},{value:.{DIGITS}g}" for value in recording.windows.ravel()]
    return "\n".join(lines) + "\n"


def header(recording: pump.Recording) -> str:
    """The first window as a C table."""
    numbers = [f"{value:.{DIGITS}e}f" for value in recording.windows[0]]
    lines = [", ".join(numbers[i : i + 8]) for i in range(0, len(numbers), 8)]
    table = ",\n    ".join(lines)
    return f"#define WINDOW_LENGTH {len(numbers)}u\n\nstatic const float window[WINDOW_LENGTH] = {{\n    {table}}};\n"


def main(_: list[str]) -> None:
    if _CSV.value:
        program.user_path(_CSV.value).write_text(csv(dataset.shown(_WINDOWS.value, _SEED.value)))
    if _HEADER.value:
        program.user_path(_HEADER.value).write_text(header(dataset.shown(1, _SEED.value)[-2]))


if __name__ == "__main__":
    app.run(main)

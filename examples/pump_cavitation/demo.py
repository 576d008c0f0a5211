r"""Tells sound pumps from cavitating ones, with the two compiled models side by side.

bazel run //examples/pump_cavitation
bazel run //examples/pump_cavitation -- --seed=7 --windows=4
"""

from __future__ import annotations

import sys

from absl import app, flags

from examples.pump_cavitation import dataset, program, pump

_SEED = flags.DEFINE_integer("seed", 1, "Seed of the recordings.")
_COUNT = flags.DEFINE_integer("windows", 4, "Windows of each recording.", lower_bound=1)
_SVM = flags.DEFINE_string("svm", str(program.FOLDER / "svm"), "The compiled SVM.")
_CNN = flags.DEFINE_string("cnn", str(program.FOLDER / "cnn_int8"), "The compiled regressor.")


def table(recordings: list[pump.Recording], svm: str, cnn: str) -> list[str]:
    """A line for each recording: what is true, and what the models make of its windows."""
    lines = [f"{'CF':>5}  {'speed':>8}  {'SVM: margin':>12}  {'cavitating':>10}  {'CNN: sigma':>10}  {'true':>5}"]
    for recording in recordings:
        margins, flags_of = program.run(svm, recording.windows).T
        sigmas, _ = program.run(cnn, recording.windows).T
        share = f"{int(flags_of.sum())} of {len(flags_of)}"
        truth = float(pump.target(recording.cavitation_factor))
        lines.append(
            f"{recording.cavitation_factor:5.2f}  {60 * recording.speed:4.0f}/min  {margins.mean():12.2f}  "
            f"{share:>10}  {sigmas.mean():10.2f}  {truth:5.2f}"
        )
    return lines


def main(_: list[str]) -> None:
    recordings = dataset.shown(_COUNT.value, _SEED.value)
    try:
        print("\n".join(table(recordings, _SVM.value, _CNN.value)))
    except program.ProgramError as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    app.run(main)

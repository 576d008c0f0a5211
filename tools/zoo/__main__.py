"""`zoo CONFIG.yaml --model OUT.keras --data OUT.npz [--held_out OUT.npz]`

Exit status: 0; 1 when the description cannot be used; 2 when the command line cannot.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tools.convert.keras_model import import_tensorflow
from tools.convert.quiet import quiet
from tools.zoo.config import Config, ZooError, read_config

INPUTS = 200
"""Typical inputs that are written beside a model, at most."""


def make(config: Config, model_path: Path, data_path: Path, held_out_path: Path | None = None) -> None:
    """Writes the model, typical inputs for it, and inputs that were held out of its training.

    The same description gives the same weights on the same processor.
    """
    with quiet():
        # Sums over threads would come in another order on a machine with more of them.
        os.environ.update(TF_NUM_INTRAOP_THREADS="1", TF_NUM_INTEROP_THREADS="1")
        import_tensorflow()
        import keras

        from tools.zoo.architectures import build
        from tools.zoo.weights import give_weights, held_out_of, inputs_of

        model = build(config, keras)
        give_weights(model, config, keras)
        model.save(model_path)
    np.savez(data_path, inputs=inputs_of(config)[:INPUTS])
    if held_out_path:
        np.savez(held_out_path, inputs=held_out_of(config))


def main(argv: Sequence[str] | None = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="zoo", description="A Keras model from a few lines of YAML.")
    parser.add_argument("config", type=Path)
    parser.add_argument("--model", type=Path, required=True, help="the .keras file to write")
    parser.add_argument("--data", type=Path, required=True, help="the .npz file of typical inputs to write")
    parser.add_argument("--held_out", type=Path, help="the .npz file of inputs to write that nothing was trained on")
    arguments = parser.parse_args(argv)
    try:
        make(read_config(arguments.config), arguments.model, arguments.data, arguments.held_out)
    except ZooError as error:
        for problem in error.problems:
            print(f"error: {problem}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

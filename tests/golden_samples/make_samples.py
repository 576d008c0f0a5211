"""Golden samples of a model: random inputs and the extremes, and what TFLM makes of them.

make_samples MODEL.tflite COUNT OUT.npz [--wrong]     --wrong: one element of the last sample is not what TFLM says
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from tests.support.oracle import Oracle, edge_inputs
from tools.sni.importers.tflite import read_tflite


def main() -> None:
    model, count, out, *wrong = sys.argv[1:]
    data = Path(model).read_bytes()
    graph = read_tflite(data, Path(model).name)
    (tensor,) = (graph.tensors[i] for i in graph.inputs)
    oracle = Oracle(data)
    inputs = edge_inputs(tensor.dtype.numpy, tensor.shape, np.random.default_rng(2026), int(count) - 3)
    outputs = np.stack([oracle.run(values)[0] for values in inputs])
    if wrong:
        outputs[-1].flat[-2] += 1
    np.savez(out, input=np.stack(inputs), output=outputs)


if __name__ == "__main__":
    main()

"""What others compute of a network: LiteRT, and TensorFlow Lite Micro's reference kernels.

    python -m tools.bench.suite.reference litert|tflm MODEL.tflite INPUTS.npz OUTPUTS.npz

Each runs in a process of its own: they end the whole process at what they do not like.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

_TIMEOUT = 600
_ARENA = 64 << 20


class ReferenceError(Exception):
    """Why there are no outputs, in the interpreter's words."""


def outputs_of(interpreter: str, model: Path, inputs: Sequence[np.ndarray]) -> list[np.ndarray]:
    """For each output its values, of shape [samples, elements]. Raises ReferenceError.

    interpreter: `litert` or `tflm`. inputs: for each input its values, of shape [samples, elements] and its type.
    """
    with tempfile.TemporaryDirectory() as name:
        given, made = Path(name) / "inputs.npz", Path(name) / "outputs.npz"
        np.savez(given, *inputs)
        command = [sys.executable, "-m", "tools.bench.suite.reference", interpreter, str(model), str(given), str(made)]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "TF_CPP_MIN_LOG_LEVEL": "3"}
        try:
            done = subprocess.run(command, env=environment, capture_output=True, timeout=_TIMEOUT, check=False)
        except subprocess.TimeoutExpired:
            raise ReferenceError(f"not done after {_TIMEOUT} s") from None
        if done.returncode:
            said = [line for line in done.stderr.decode("utf-8", "replace").splitlines() if line.strip()]
            raise ReferenceError(said[-1] if said else f"exit status {done.returncode}")
        with np.load(made) as arrays:
            return [arrays[f"arr_{index}"] for index in range(len(arrays.files))]


def _tflm(model: bytes, inputs: Sequence[np.ndarray]) -> list[list[np.ndarray]]:
    from tflite_micro import runtime

    interpreter = runtime.Interpreter.from_bytes(model, arena_size=_ARENA)
    shapes = [interpreter.get_input_details(index)["shape"] for index in range(len(inputs))]
    rows = []
    for sample in range(len(inputs[0])):
        for index, (values, shape) in enumerate(zip(inputs, shapes, strict=True)):
            interpreter.set_input(values[sample].reshape(shape), index)
        interpreter.invoke()
        rows.append([np.array(interpreter.get_output(index)) for index in range(_outputs(model))])
    return rows


def _outputs(model: bytes) -> int:
    from tools.sni.importers.tflite import read_tflite

    return len(read_tflite(model, "model").outputs)


def _litert(model: bytes, inputs: Sequence[np.ndarray]) -> list[list[np.ndarray]]:
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    # Without the delegate, whose sums come in another order on each processor.
    interpreter = Interpreter(
        model_content=model,
        experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
        num_threads=1,
    )
    interpreter.allocate_tensors()
    details, outputs = interpreter.get_input_details(), interpreter.get_output_details()
    rows = []
    for sample in range(len(inputs[0])):
        for values, detail in zip(inputs, details, strict=True):
            interpreter.set_tensor(detail["index"], values[sample].reshape(detail["shape"]).astype(detail["dtype"]))
        interpreter.invoke()
        rows.append([interpreter.get_tensor(output["index"]).copy() for output in outputs])
    return rows


def main(argv: Sequence[str]) -> int:
    """The child process: one model, all samples."""
    interpreter, model, given, made = argv
    with np.load(given) as arrays:
        inputs = [arrays[f"arr_{index}"] for index in range(len(arrays.files))]
    rows = {"litert": _litert, "tflm": _tflm}[interpreter](Path(model).read_bytes(), inputs)
    np.savez(made, *(np.stack([row[index].reshape(-1) for row in rows]) for index in range(len(rows[0]))))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

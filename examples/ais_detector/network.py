"""Runs a .tflite file with an interpreter, to have something to hold the compiled detector against."""

import numpy as np
from numpy.typing import NDArray

from examples.ais_detector import pipeline_mirror, tracks


def score(pipeline: pipeline_mirror.Pipeline, model: bytes, data: tracks.Tracks) -> NDArray[np.float32]:
    """Anomaly score of every row of `data` by TensorFlow Lite Micro, [rows]; NaN where there is none."""
    from tflite_micro.python.tflite_micro import runtime

    interpreter = runtime.Interpreter.from_bytes(model)
    source, target = interpreter.get_input_details(0), interpreter.get_output_details(0)
    if source["dtype"] == np.float32:
        return pipeline_mirror.score(pipeline, lambda inputs: _invoke(interpreter, inputs), data.numeric(), data.track)
    into, out_of = _quantisation(source), _quantisation(target)
    return pipeline_mirror.score(
        pipeline,
        lambda inputs: out_of.dequantise(_invoke(interpreter, into.quantise(inputs))),
        data.numeric(),
        data.track,
        into,
    )


def _quantisation(details: dict) -> pipeline_mirror.Quantisation:
    parameters = details["quantization_parameters"]
    return pipeline_mirror.Quantisation(float(parameters["scales"][0]), int(parameters["zero_points"][0]))


def _invoke(interpreter: object, inputs: NDArray) -> NDArray:
    outputs = []
    for row in inputs:
        interpreter.set_input(row[None], 0)
        interpreter.invoke()
        outputs.append(interpreter.get_output(0)[0])
    return np.stack(outputs)

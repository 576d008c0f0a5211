"""LiteRT's kernels without optimisations as the oracle for what TensorFlow Lite Micro refuses: dynamic-range layers."""

from __future__ import annotations

import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType


class Reference:
    """A model under LiteRT; used as `tests.support.oracle.Oracle` is."""

    def __init__(self, model: bytes) -> None:
        self._interpreter = Interpreter(
            model_content=model, experimental_op_resolver_type=OpResolverType.BUILTIN_REF, num_threads=1
        )
        self._interpreter.allocate_tensors()
        self._inputs = [each["index"] for each in self._interpreter.get_input_details()]
        self._outputs = [each["index"] for each in self._interpreter.get_output_details()]

    def run(self, *values: np.ndarray) -> list[np.ndarray]:
        """One inference. values: an array for each input, of its shape and type."""
        for index, value in zip(self._inputs, values, strict=True):
            self._interpreter.set_tensor(index, value)
        self._interpreter.invoke()
        return [np.array(self._interpreter.get_tensor(index)) for index in self._outputs]

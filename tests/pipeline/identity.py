"""Writes a network that gives out the float32 numbers that it is given, so that a program shows what a pipeline makes.

identity.py ELEMENTS OUT.tflite
"""

import sys
from pathlib import Path

import numpy as np

from tests.support.model_writer import write_tflite
from tests.support.models import constant, single, tensor
from tools.sni.ir import DType


def main() -> None:
    elements, out = int(sys.argv[1]), Path(sys.argv[2])
    x, y = tensor("x", DType.FLOAT32, (1, elements)), tensor("y", DType.FLOAT32, (elements, 1))
    shape = constant("shape", DType.INT32, np.array([elements, 1]))
    out.write_bytes(write_tflite(single("RESHAPE", [x, shape], [y], new_shape=(elements, 1))))


if __name__ == "__main__":
    main()

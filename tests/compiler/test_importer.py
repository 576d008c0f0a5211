"""The TFLite importer: what it reads, and what it says of files it cannot read."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.model_writer import write_tflite
from tests.support.models import constant, per_channel, quantised, single, tensor
from tools.sni.compiler import compile_model
from tools.sni.emit.files import SUFFIXES
from tools.sni.errors import CompileError
from tools.sni.importers.tflite import read_tflite
from tools.sni.ir import DType, Graph
from tools.sni.options import Options


def dense() -> Graph:
    x = tensor("x", DType.INT8, (1, 6), quantised(0.1, -3))
    w = constant("w", DType.INT8, np.arange(24).reshape(4, 6), per_channel([0.1, 0.2, 0.3, 0.4]))
    y = tensor("y", DType.INT8, (1, 4), quantised(0.5, 7))
    return single("FULLY_CONNECTED", [x, w, None], [y], fused_activation_function="RELU6", keep_num_dims=True)


def test_reads_back_what_was_written() -> None:
    graph = read_tflite(write_tflite(dense()), "dense.tflite")
    (op,) = graph.ops
    assert op.kind == "FULLY_CONNECTED"
    assert op.attributes["fused_activation_function"] == "RELU6"
    assert op.attributes["keep_num_dims"] is True
    assert op.inputs[2] is None
    x, w, y = graph.tensors[op.inputs[0]], graph.tensors[op.inputs[1]], graph.tensors[op.outputs[0]]
    assert (x.dtype, x.shape, x.quantisation) == (DType.INT8, (1, 6), quantised(0.1, -3))
    assert w.quantisation == per_channel([0.1, 0.2, 0.3, 0.4])
    np.testing.assert_array_equal(w.data, np.arange(24).reshape(4, 6))
    assert y.quantisation == quantised(0.5, 7)
    assert len(graph.sha256) == 64


def test_int4_constants_are_unpacked() -> None:
    values = np.array([[-8, 7, 0], [1, -1, 3], [5, -5, 2]])
    x = tensor("x", DType.INT8, (1, 3), quantised(0.1))
    w = constant("w", DType.INT4, values, quantised(0.1))
    graph = read_tflite(
        write_tflite(single("FULLY_CONNECTED", [x, w], [tensor("y", DType.INT8, (1, 3), quantised(1))])), "m"
    )
    np.testing.assert_array_equal(next(t for t in graph.tensors.values() if t.data is not None).data, values)


def test_a_constant_without_elements() -> None:
    """It has no bytes in the file, by which one could tell that it is there."""
    x, y = tensor("x", DType.FLOAT32, (1, 1)), tensor("y", DType.FLOAT32, ())
    shape = constant("shape", DType.INT32, np.zeros(0))
    graph = read_tflite(write_tflite(single("RESHAPE", [x, shape], [y])), "m")
    (read,) = (t for t in graph.tensors.values() if t.name == "shape")
    assert read.is_constant
    assert (read.data.shape, read.data.dtype) == ((0,), np.int32)


def test_what_an_operator_makes_is_no_constant_even_without_elements() -> None:
    x, y = tensor("x", DType.FLOAT32, (2, 3)), tensor("y", DType.FLOAT32, (0, 3))
    begin, size = constant("b", DType.INT32, np.array([0, 0])), constant("s", DType.INT32, np.array([0, 3]))
    graph = read_tflite(write_tflite(single("SLICE", [x, begin, size], [y])), "m")
    assert not graph.tensors[graph.outputs[0]].is_constant


def problems_of(data: bytes) -> str:
    with pytest.raises(CompileError) as caught:
        read_tflite(data, "m.tflite")
    return str(caught.value)


def test_an_empty_file() -> None:
    assert "m.tflite: is not a TFLite flatbuffer (it has 0 bytes;" in problems_of(b"")


def test_a_file_that_is_no_flatbuffer() -> None:
    text = problems_of(b"PK\x03\x04 this is a Keras archive")
    assert "is not a TFLite flatbuffer" in text
    assert "b'TFL3'" in text


@pytest.mark.parametrize("share", [0.1, 0.3, 0.6, 0.9, 0.999])
def test_a_truncated_file(share: float) -> None:
    data = write_tflite(dense())
    text = problems_of(data[: int(len(data) * share)])
    assert "m.tflite" in text
    assert "damaged or truncated" in text or "not a TFLite flatbuffer" in text


def test_a_dynamic_shape_names_the_tensor_and_the_way_out() -> None:
    graph = dense()
    text = problems_of(write_tflite(graph, signatures={graph.inputs[0]: (1, -1)}))
    assert 'tensor 0 "x"' in text
    assert "dynamic shape [1, -1]" in text
    assert "fix the input shape and convert again" in text


def test_an_unknown_batch_size_is_taken_as_one() -> None:
    graph = dense()
    read = read_tflite(write_tflite(graph, signatures={graph.inputs[0]: (-1, 6)}), "m.tflite")
    assert read.tensors[read.inputs[0]].shape == (1, 6)


def test_all_problems_come_at_once() -> None:
    graph = dense()
    tensors = dict(graph.tensors)
    other = constant("c", DType.FLOAT32, np.zeros(3))
    tensors[99] = other
    text = problems_of(
        write_tflite(
            Graph(tensors, graph.ops, (*graph.inputs, 99), graph.outputs),
            signatures={graph.inputs[0]: (1, -1), 99: (2, -1)},
        )
    )
    assert text.count("dynamic shape") == 2


@given(st.data())
def test_damage_anywhere_is_an_error_or_a_model_never_a_traceback(data: st.DataObject) -> None:
    """Whatever bytes are overwritten or cut off, the compiler answers with files or with problems."""
    model = bytearray(write_tflite(dense()))
    for _ in range(data.draw(st.integers(1, 8))):
        model[data.draw(st.integers(8, len(model) - 1))] = data.draw(st.integers(0, 255))
    del model[data.draw(st.integers(8, len(model))) :]
    try:
        files = compile_model(bytes(model), "m.tflite", Options("m"))
    except CompileError:
        return
    assert len(files) == len(SUFFIXES)

"""Writes TFLite flatbuffers from the compiler's own representation, so that tests can make any model they need.

Options are written by reflection over the schema's builder functions: the attribute `fused_activation_function` of a
FULLY_CONNECTED goes to FullyConnectedOptionsAddFusedActivationFunction. This is the reverse of the importer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import flatbuffers
import numpy as np
import tflite

from tools.sni.ir import Attribute, DType, Graph, Op, Tensor

_ENUMERATIONS = {
    "fused_activation_function": tflite.ActivationFunctionType,
    "padding": tflite.Padding,
    "mode": tflite.MirrorPadMode,
    "quantized_bias_type": tflite.TensorType,
    "in_data_type": tflite.TensorType,
    "out_data_type": tflite.TensorType,
    "out_type": tflite.TensorType,
    "output_type": tflite.TensorType,
}


def write_tflite(graph: Graph, *, signatures: Mapping[int, Sequence[int]] | None = None) -> bytes:
    """The graph and those it calls as a `.tflite` file.

    signatures: shape signatures (-1 for an unknown dimension) of some tensors of the graph that runs first.
    """
    builder = flatbuffers.Builder(1024)
    graphs = [graph, *(graph.subgraphs[number] for number in range(1, len(graph.subgraphs) + 1))]
    kinds = sorted({op.kind for g in graphs for op in g.ops})
    buffers = [_buffer(builder, None)]
    subgraphs = []
    for number, g in enumerate(graphs):
        position = {key: index for index, key in enumerate(g.tensors)}
        tensors = []
        for key, tensor in g.tensors.items():
            buffer = 0
            if tensor.data is not None:
                buffer = len(buffers)
                buffers.append(_buffer(builder, _raw(tensor)))
            signature = (signatures or {}).get(key) if g is graph else None
            tensors.append(_tensor(builder, tensor, buffer, signature))
        ops = [_operator(builder, op, kinds.index(op.kind), position) for op in g.ops]
        subgraphs.append(_subgraph(builder, f"subgraph_{number}" if number else "main", tensors, ops, g, position))
    codes = [_operator_code(builder, kind) for kind in kinds]
    description = builder.CreateString(graph.description or "made by a test")
    fields = {
        "OperatorCodes": _vector(builder, tflite.ModelStartOperatorCodesVector, codes),
        "Subgraphs": _vector(builder, tflite.ModelStartSubgraphsVector, subgraphs),
        "Buffers": _vector(builder, tflite.ModelStartBuffersVector, buffers),
    }
    tflite.ModelStart(builder)
    tflite.ModelAddVersion(builder, 3)
    tflite.ModelAddDescription(builder, description)
    for field, offset in fields.items():
        getattr(tflite, f"ModelAdd{field}")(builder, offset)
    builder.Finish(tflite.ModelEnd(builder), file_identifier=b"TFL3")
    return bytes(builder.Output())


def _vector(
    builder: flatbuffers.Builder, start: Callable[[flatbuffers.Builder, int], object], offsets: Sequence[int]
) -> int:
    start(builder, len(offsets))
    for offset in reversed(offsets):
        builder.PrependUOffsetTRelative(offset)
    return builder.EndVector()


def _raw(tensor: Tensor) -> np.ndarray:
    data = np.ascontiguousarray(tensor.data, tensor.dtype.numpy).reshape(-1)
    if tensor.dtype is DType.INT4:
        padded = np.append(data, np.zeros(data.size % 2, np.int8)).astype(np.uint8) & 15
        return padded[0::2] | (padded[1::2] << 4)
    return data.view(np.uint8)


def _buffer(builder: flatbuffers.Builder, data: np.ndarray | None) -> int:
    offset = None
    if data is not None:
        # TFLM reads constants in place, so they must be aligned for their type.
        builder.StartVector(1, len(data), 16)
        builder.head -= len(data)
        builder.Bytes[builder.head : builder.head + len(data)] = data.tobytes()
        offset = builder.EndVector()
    tflite.BufferStart(builder)
    if offset is not None:
        tflite.BufferAddData(builder, offset)
    return tflite.BufferEnd(builder)


def _tensor(builder: flatbuffers.Builder, tensor: Tensor, buffer: int, signature: Sequence[int] | None) -> int:
    name = builder.CreateString(tensor.name)
    shape = builder.CreateNumpyVector(np.array(tensor.shape, np.int32))
    signed = builder.CreateNumpyVector(np.array(signature, np.int32)) if signature is not None else None
    quantisation = _quantisation(builder, tensor)
    tflite.TensorStart(builder)
    tflite.TensorAddName(builder, name)
    tflite.TensorAddShape(builder, shape)
    if signed is not None:
        tflite.TensorAddShapeSignature(builder, signed)
    tflite.TensorAddType(builder, getattr(tflite.TensorType, tensor.dtype.value.upper()))
    tflite.TensorAddBuffer(builder, buffer)
    tflite.TensorAddIsVariable(builder, tensor.variable)
    if quantisation is not None:
        tflite.TensorAddQuantization(builder, quantisation)
    return tflite.TensorEnd(builder)


def _quantisation(builder: flatbuffers.Builder, tensor: Tensor) -> int | None:
    q = tensor.quantisation
    if q is None:
        return None
    scales = builder.CreateNumpyVector(np.array(q.scales, np.float32))
    zero_points = builder.CreateNumpyVector(np.array(q.zero_points, np.int64))
    tflite.QuantizationParametersStart(builder)
    tflite.QuantizationParametersAddScale(builder, scales)
    tflite.QuantizationParametersAddZeroPoint(builder, zero_points)
    tflite.QuantizationParametersAddQuantizedDimension(builder, q.axis or 0)
    return tflite.QuantizationParametersEnd(builder)


def _operator_code(builder: flatbuffers.Builder, kind: str) -> int:
    custom = builder.CreateString(kind.removeprefix("CUSTOM:")) if kind.startswith("CUSTOM:") else None
    code = tflite.BuiltinOperator.CUSTOM if custom else getattr(tflite.BuiltinOperator, kind)
    tflite.OperatorCodeStart(builder)
    tflite.OperatorCodeAddDeprecatedBuiltinCode(builder, min(code, 127))
    tflite.OperatorCodeAddVersion(builder, 1)
    tflite.OperatorCodeAddBuiltinCode(builder, code)
    if custom:
        tflite.OperatorCodeAddCustomCode(builder, custom)
    return tflite.OperatorCodeEnd(builder)


def _operator(builder: flatbuffers.Builder, op: Op, code: int, position: Mapping[int, int]) -> int:
    inputs = builder.CreateNumpyVector(np.array([-1 if i is None else position[i] for i in op.inputs], np.int32))
    outputs = builder.CreateNumpyVector(np.array([position[i] for i in op.outputs], np.int32))
    table = options_name(op.kind)
    options = _options(builder, table, op.attributes) if table else None
    tflite.OperatorStart(builder)
    tflite.OperatorAddOpcodeIndex(builder, code)
    tflite.OperatorAddInputs(builder, inputs)
    tflite.OperatorAddOutputs(builder, outputs)
    if options is not None:
        tflite.OperatorAddBuiltinOptionsType(builder, getattr(tflite.BuiltinOptions, table))
        tflite.OperatorAddBuiltinOptions(builder, options)
    return tflite.OperatorEnd(builder)


_SHARED_OPTIONS = {
    "AVERAGE_POOL_2D": "Pool2DOptions",
    "MAX_POOL_2D": "Pool2DOptions",
    "L2_POOL_2D": "Pool2DOptions",
    "MEAN": "ReducerOptions",
    "SUM": "ReducerOptions",
    "REDUCE_MAX": "ReducerOptions",
    "REDUCE_MIN": "ReducerOptions",
    "REDUCE_ALL": "ReducerOptions",
    "REDUCE_ANY": "ReducerOptions",
    "L2_NORMALIZATION": "L2NormOptions",
    "UNIDIRECTIONAL_SEQUENCE_LSTM": "UnidirectionalSequenceLSTMOptions",
}
"""Where the options' name is not the operator's."""


def options_name(kind: str) -> str | None:
    """The options table of an operator kind (`FullyConnectedOptions`), None where it has none."""
    wanted = kind.replace("_", "").lower() + "options"
    named = {name.lower(): name for name in vars(tflite.BuiltinOptions) if not name.startswith("_")}
    return _SHARED_OPTIONS.get(kind) or named.get(wanted)


def _options(builder: flatbuffers.Builder, table: str, attributes: Mapping[str, Attribute]) -> int:
    values: dict[str, object] = {}
    for name, value in attributes.items():
        camel = "".join(part[:1].upper() + part[1:] for part in name.split("_"))
        if isinstance(value, tuple):
            values[camel] = builder.CreateNumpyVector(np.array(value, np.int32))
        elif isinstance(value, str):
            named = _ENUMERATIONS.get(name)
            values[camel] = getattr(named, value) if named else builder.CreateString(value)
        else:
            values[camel] = value
    getattr(tflite, f"{table}Start")(builder)
    for camel, value in values.items():
        getattr(tflite, f"{table}Add{camel}")(builder, value)
    return getattr(tflite, f"{table}End")(builder)


def _subgraph(
    builder: flatbuffers.Builder,
    called: str,
    tensors: Sequence[int],
    ops: Sequence[int],
    graph: Graph,
    position: Mapping[int, int],
) -> int:
    name = builder.CreateString(called)
    fields = {
        "Tensors": _vector(builder, tflite.SubGraphStartTensorsVector, tensors),
        "Operators": _vector(builder, tflite.SubGraphStartOperatorsVector, ops),
        "Inputs": builder.CreateNumpyVector(np.array([position[i] for i in graph.inputs], np.int32)),
        "Outputs": builder.CreateNumpyVector(np.array([position[i] for i in graph.outputs], np.int32)),
    }
    tflite.SubGraphStart(builder)
    tflite.SubGraphAddName(builder, name)
    for field, offset in fields.items():
        getattr(tflite, f"SubGraphAdd{field}")(builder, offset)
    return tflite.SubGraphEnd(builder)

"""TFLite flatbuffers to the intermediate representation.

Operator options are read by reflection over the schema's accessors (`FusedActivationFunction` becomes the attribute
`fused_activation_function`), so an operator's file is the only place that has to know its attributes.
"""

from __future__ import annotations

import hashlib
import re
import struct
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import tflite

from tools.sni.errors import CompileError, Problem, fail
from tools.sni.ir import Attribute, DType, Graph, Op, Quantisation, Tensor

_IDENTIFIER = b"TFL3"


def _enumeration(schema_class: type) -> dict[int, str]:
    return {value: name for name, value in vars(schema_class).items() if not name.startswith("_")}


_OPERATORS = _enumeration(tflite.BuiltinOperator)
_TENSOR_TYPES = _enumeration(tflite.TensorType)
_ENUMERATED_ATTRIBUTES = {
    "fused_activation_function": _enumeration(tflite.ActivationFunctionType),
    "padding": _enumeration(tflite.Padding),
    "mode": _enumeration(tflite.MirrorPadMode),
    "in_data_type": _TENSOR_TYPES,
    "out_data_type": _TENSOR_TYPES,
    "out_type": _TENSOR_TYPES,
    "output_type": _TENSOR_TYPES,
    "quantized_bias_type": _TENSOR_TYPES,
}
_OPTION_CLASSES = _enumeration(tflite.BuiltinOptions)
_CALLS = {
    "WHILE": ("cond_subgraph_index", "body_subgraph_index"),
    "IF": ("then_subgraph_index", "else_subgraph_index"),
    "CALL_ONCE": ("init_subgraph_index",),
}
"""The attributes that name another graph of the file."""

_DAMAGE = (struct.error, IndexError, ValueError, TypeError, OverflowError, UnicodeError, AttributeError)
"""What the flatbuffer reader raises when offsets in the file point nowhere: it does not verify before it reads."""


def read_tflite(data: bytes, source: str) -> Graph:
    """The graph of a `.tflite` file.

    data: the file's bytes. source: what messages call it.
    Raises CompileError: no TFLite file, damaged, graphs that call themselves, a dynamic shape, types unknown here.
    """
    if len(data) < 8 or data[4:8] != _IDENTIFIER:
        found = f"bytes 4 to 7 are {data[4:8]!r}" if len(data) >= 8 else f"it has {len(data)} bytes"
        raise fail(source, f"is not a TFLite flatbuffer ({found}; a .tflite file has b'TFL3' there)")
    try:
        return _Reader(data, source).graph()
    except _DAMAGE as error:
        raise fail(
            source, f"is a damaged or truncated TFLite file of {len(data)} bytes ({error}); copy or convert it again"
        ) from None


class _Reader:
    """One pass over a flatbuffer; collects every problem before it gives up."""

    def __init__(self, data: bytes, source: str) -> None:
        self._data = data
        self._source = source
        self._place = source
        self._model = tflite.Model.GetRootAs(data, 0)
        self._problems: list[Problem] = []

    def graph(self) -> Graph:
        """The first graph of the file, with all that it calls; graphs that nothing calls are not read."""
        if not self._model.SubgraphsLength():
            raise fail(self._source, "has no graph in it; convert it again")
        graphs: dict[int, Graph] = {}
        self._read_with_callees(0, (), graphs)
        main = graphs.pop(0)
        if not main.inputs or not main.outputs:
            self._problems.append(
                Problem(
                    self._source, f"has {len(main.inputs)} inputs and {len(main.outputs)} outputs; both must be there"
                )
            )
        if self._problems:
            raise CompileError(self._problems)
        description = (self._model.Description() or b"").decode("utf-8", "replace")
        return replace(main, sha256=hashlib.sha256(self._data).hexdigest(), description=description, subgraphs=graphs)

    def _read_with_callees(self, number: int, callers: tuple[int, ...], graphs: dict[int, Graph]) -> None:
        if number in callers:
            chain = " calls ".join(str(caller) for caller in (*callers[callers.index(number) :], number))
            raise fail(
                self._source,
                f"has subgraphs that call each other in a circle ({chain}), which C cannot do without recursion",
            )
        if number in graphs:
            return
        graph = self._subgraph(number)
        for op in graph.ops:
            for name in _CALLS.get(op.kind, ()):
                callee = op.attributes.get(name, 0)
                if not 0 < callee < self._model.SubgraphsLength():
                    raise fail(
                        self._source,
                        f"is damaged: operator {op.number} {op.kind} has {name} {callee} of "
                        f"{self._model.SubgraphsLength()} subgraphs",
                    )
                self._read_with_callees(callee, (*callers, number), graphs)
        graphs[number] = graph

    def _subgraph(self, number: int) -> Graph:
        subgraph = self._model.Subgraphs(number)
        self._place = f"{self._source}: subgraph {number}" if number else self._source
        inputs = tuple(int(i) for i in subgraph.InputsAsNumpy()) if subgraph.InputsLength() else ()
        outputs = tuple(int(i) for i in subgraph.OutputsAsNumpy()) if subgraph.OutputsLength() else ()
        tensors = {}
        for index in range(subgraph.TensorsLength()):
            tensor = self._tensor(index, subgraph.Tensors(index), is_input=not number and index in inputs)
            if tensor is not None:
                tensors[index] = tensor
        ops = tuple(
            replace(self._op(index, subgraph.Operators(index)), subgraph=number)
            for index in range(subgraph.OperatorsLength())
        )
        made = {*inputs, *(tensor for op in ops for tensor in op.outputs)}
        tensors = {key: tensor if key in made else _with_nothing(tensor) for key, tensor in tensors.items()}
        self._check_order(ops, inputs, outputs, tensors, subgraph.TensorsLength())
        # Tensors with problems are missing here, and the problems are raised before anybody looks for them.
        return Graph(tensors, ops, inputs, outputs).with_ops(ops)

    def _check_order(
        self,
        ops: tuple[Op, ...],
        inputs: tuple[int, ...],
        outputs: tuple[int, ...],
        tensors: dict[int, Tensor],
        count: int,
    ) -> None:
        """Every value is made before it is read, and made once."""
        known = set(inputs) | {key for key, tensor in tensors.items() if tensor.is_constant or tensor.variable}
        for op in ops:
            place = f"{self._source}: operator {op.number} {op.kind}"
            for tensor in (*op.inputs, *op.outputs):
                if tensor is not None and not 0 <= tensor < count:
                    raise fail(
                        self._source, f"is damaged: operator {op.number} {op.kind} names tensor {tensor} of {count}"
                    )
            for tensor in op.inputs:
                if tensor is not None and tensor not in known:
                    self._problems.append(Problem(place, f"reads tensor {tensor}, which nothing before it makes"))
            known.update(op.outputs)
        for tensor in outputs:
            if tensor not in known:
                self._problems.append(
                    Problem(self._place, f"has tensor {tensor} as an output, which no operator makes")
                )

    def _tensor(self, index: int, tensor: tflite.Tensor, is_input: bool) -> Tensor | None:
        name = (tensor.Name() or b"").decode("utf-8", "replace")
        place = f'{self._place}: tensor {index} "{name}"'
        type_name = _TENSOR_TYPES.get(tensor.Type(), str(tensor.Type()))
        try:
            dtype = DType(type_name.lower())
        except ValueError:
            accepted = ", ".join(d.value for d in DType)
            self._problems.append(
                Problem(place, f"has type {type_name}, which is not supported (accepted: {accepted})")
            )
            return None
        shape = tuple(int(d) for d in tensor.ShapeAsNumpy()) if tensor.ShapeLength() else ()
        signature = tuple(int(d) for d in tensor.ShapeSignatureAsNumpy()) if tensor.ShapeSignatureLength() else shape
        if any(d < 0 for d in shape) or (is_input and any(d < 0 for d in signature[1:])):
            self._problems.append(
                Problem(
                    place,
                    f"has the dynamic shape {list(signature)}; memory is planned at build time, so every dimension "
                    "must be known (an unknown batch size alone is taken as 1): fix the input shape and convert again",
                )
            )
            return None
        quantisation = self._quantisation(tensor.Quantization(), place)
        data = self._constant(tensor, dtype, shape, place)
        return Tensor(name, dtype, shape, quantisation, data, bool(tensor.IsVariable()))

    def _quantisation(self, parameters: tflite.QuantizationParameters | None, place: str) -> Quantisation | None:
        if parameters is None or parameters.ScaleLength() == 0:
            return None
        scales = tuple(float(s) for s in parameters.ScaleAsNumpy())
        zero_points = tuple(int(z) for z in parameters.ZeroPointAsNumpy()) if parameters.ZeroPointLength() else ()
        zero_points = zero_points or (0,) * len(scales)
        if len(zero_points) == 1:
            zero_points *= len(scales)
        if len(zero_points) != len(scales):
            self._problems.append(
                Problem(place, f"has {len(scales)} scales and {len(zero_points)} zero points; one for each")
            )
            return None
        if not all(np.isfinite(scales)) or any(s < 0 for s in scales):
            self._problems.append(Problem(place, f"has a scale of {min(scales)}; scales are positive and finite"))
            return None
        return Quantisation(scales, zero_points, int(parameters.QuantizedDimension()) if len(scales) > 1 else None)

    def _constant(self, tensor: tflite.Tensor, dtype: DType, shape: tuple[int, ...], place: str) -> np.ndarray | None:
        if tensor.Sparsity() is not None:
            self._problems.append(
                Problem(place, "is stored sparse, which is not supported; store it dense (strip sparsity)")
            )
            return None
        buffer = self._model.Buffers(tensor.Buffer())
        raw = self._buffer_bytes(buffer)
        if raw is None:
            return None
        elements = int(np.prod(shape, dtype=np.int64))
        if dtype is DType.INT4:
            packed = raw.view(np.uint8)
            values = np.stack([packed & 15, packed >> 4], axis=-1).reshape(-1)[:elements].astype(np.int8)
            array = np.where(values > 7, values - 16, values).astype(np.int8)
        elif raw.size != elements * dtype.size:
            self._problems.append(
                Problem(place, f"holds {raw.size} bytes where {dtype.value}{list(shape)} needs {elements * dtype.size}")
            )
            return None
        else:
            array = raw.view(dtype.numpy)
        return array.reshape(shape)

    def _buffer_bytes(self, buffer: tflite.Buffer) -> np.ndarray | None:
        """A buffer's bytes, None if it has none; files over 2 GB keep them behind the flatbuffer, at an offset."""
        if buffer.DataLength():
            return np.ascontiguousarray(buffer.DataAsNumpy())
        if buffer.Size() > 1:
            return np.frombuffer(self._data, np.uint8, buffer.Size(), buffer.Offset())
        return None

    def _op(self, index: int, operator: tflite.Operator) -> Op:
        code = self._model.OperatorCodes(operator.OpcodeIndex())
        number = max(code.BuiltinCode(), code.DeprecatedBuiltinCode())
        kind = _OPERATORS.get(number, f"BUILTIN_{number}")
        if kind == "CUSTOM":
            kind = f"CUSTOM:{(code.CustomCode() or b'?').decode('utf-8', 'replace')}"
        inputs = tuple(None if i == -1 else int(i) for i in operator.InputsAsNumpy()) if operator.InputsLength() else ()
        outputs = tuple(int(i) for i in operator.OutputsAsNumpy()) if operator.OutputsLength() else ()
        return Op(kind, inputs, outputs, dict(self._attributes(operator)), index)

    def _attributes(self, operator: tflite.Operator) -> Iterator[tuple[str, Attribute]]:
        options_class = getattr(tflite, _OPTION_CLASSES.get(operator.BuiltinOptionsType(), "NONE"), None)
        table = operator.BuiltinOptions()
        if options_class is None or table is None:
            return
        options = options_class()
        options.Init(table.Bytes, table.Pos)
        for accessor in sorted(vars(options_class)):
            if (
                accessor == "Init"
                or accessor.startswith(("_", "GetRootAs"))
                or accessor.endswith(("BufferHasIdentifier", "Length", "IsNone"))
            ):
                continue
            if hasattr(options_class, f"{accessor}AsNumpy"):
                vector = getattr(options, f"{accessor}AsNumpy")()
                yield _snake(accessor), tuple(int(v) for v in vector) if isinstance(vector, np.ndarray) else ()
            elif not accessor.endswith("AsNumpy"):
                value = getattr(options, accessor)()
                name = _snake(accessor)
                names = _ENUMERATED_ATTRIBUTES.get(name)
                if isinstance(value, bytes):
                    value = value.decode("utf-8", "replace")
                yield name, names.get(value, str(value)) if names else value


def _with_nothing(tensor: Tensor) -> Tensor:
    """A constant of no elements, which has no bytes by which one could tell: axes of a sum, the shape of a scalar."""
    empty = not tensor.elements and tensor.data is None and not tensor.variable
    return replace(tensor, data=np.zeros(tensor.shape, tensor.dtype.numpy)) if empty else tensor


def _snake(name: str) -> str:
    """`FusedActivationFunction` as `fused_activation_function`; `DilationHFactor` as `dilation_h_factor`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()

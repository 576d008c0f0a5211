"""What the glue between a model and the runner needs: the contents of its description (sni_rules/runtime/engine.h)."""

from __future__ import annotations

from collections.abc import Mapping

from tools.sni.ir import DType, Tensor
from tools.sni.pipeline import PipelineCode
from tools.sni.program import Program

_DTYPES = {
    DType.FLOAT32: "SNI_FLOAT32",
    DType.INT8: "SNI_INT8",
    DType.INT16: "SNI_INT16",
    DType.INT32: "SNI_INT32",
    DType.INT64: "SNI_INT64",
    DType.UINT8: "SNI_UINT8",
    DType.BOOL: "SNI_BOOL",
}
_KINDS = {"real": "SNI_REAL", "flag": "SNI_FLAG", "label": "SNI_LABEL"}


def engine_values(program: Program, pipeline: PipelineCode | None) -> Mapping[str, object]:
    """Values for engine.c.j2. Without a pipeline a row is the input's real values, and a result row the output's; the
    runner names and orders them itself, which spares a target the flash for as many names."""
    if pipeline:
        results = [{"name": r.name, "kind": _KINDS[r.kind], "labels": r.labels} for r in pipeline.results]
        columns, values = list(pipeline.columns), list(pipeline.values)
        key, echo = pipeline.key_column, list(pipeline.echo)
        counts = (len(columns), len(values), len(results))
    else:
        results, columns, values, key, echo = [], [], [], None, []
        elements = sum(tensor.elements for tensor in program.inputs)
        counts = (elements, elements, sum(tensor.elements for tensor in program.outputs))
    return {
        "engine_inputs": [_tensor(tensor) for tensor in program.inputs],
        "engine_outputs": [_tensor(tensor) for tensor in program.outputs],
        "columns": columns,
        "values": values,
        "key_column": -1 if key is None else key,
        "echo": echo,
        "results": results,
        "counts": dict(zip(("columns", "values", "results"), counts, strict=True)),
    }


def _tensor(tensor: Tensor) -> Mapping[str, object]:
    q = tensor.quantisation
    quantised = q is not None and not q.per_channel and tensor.dtype.is_integer
    return {
        "name": tensor.name,
        "dtype": _DTYPES[tensor.dtype],
        "shape": tensor.shape,
        "elements": tensor.elements,
        "bytes": tensor.bytes,
        "scale": q.scale if quantised else 0.0,
        "zero_point": q.zero_point if quantised else 0,
    }

"""The lowering step: each operator gets the kernel that its layer will run; all unsupported is told at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import tools.sni.ops  # noqa: F401  (registers the operators)
from tools.sni.errors import CompileError, Problem
from tools.sni.external.kernel import external_kernel
from tools.sni.external.kernel import mismatches as external_mismatches
from tools.sni.external.library import KernelLibrary
from tools.sni.ir import Graph, Op, Tensor
from tools.sni.operators import ANY_NUMBER, OPERATORS, STEPPED, Kernel, Layer
from tools.sni.options import PROFILES, Options

_SHOWN = 3
"""How many layers a message about a pattern that matches none goes through."""


def layer_of(graph: Graph, op: Op, options: Options) -> Layer:
    """An operator with its tensors."""
    inputs = tuple(None if i is None else graph.tensors[i] for i in op.inputs)
    return Layer(op, inputs, tuple(graph.tensors[i] for i in op.outputs), options)


def problems(graph: Graph, source: str, options: Options) -> list[Problem]:
    """Everything in a graph that cannot be compiled, in the order of its operators."""
    found = []
    for op in graph.ops:
        tensor = f" (makes tensor {graph.tensors[op.outputs[0]]})" if op.outputs else ""
        place = f"{source}: operator {op.number} {op.kind}{tensor}"
        found += [Problem(place, message) for message in _problems(graph, op, options)]
    return found


def _problems(graph: Graph, op: Op, options: Options) -> Iterator[str]:
    known = OPERATORS.get(op.kind)
    if known is None:
        yield (
            f"is not supported; supported are {', '.join(importable_kinds())}. Replace it in the model, "
            "or add a file for it to tools/sni/ops"
        )
        return
    (least, most), (fewest, largest) = known.inputs, known.outputs
    counts_fit = least <= len(op.inputs) <= most and fewest <= len(op.outputs) <= largest
    if not counts_fit or None in op.inputs[:least]:
        given = sum(tensor is not None for tensor in op.inputs)
        yield (
            f"takes {_span(least, most)} inputs and makes {_span(fewest, largest)}; "
            f"it has {given} and {len(op.outputs)}"
        )
        return
    layer = layer_of(graph, op, options)
    # What is wrong in every iteration of a loop is said once.
    yield from dict.fromkeys(message for each in iterations(layer) or (layer,) for message in known.check(each))


def importable_kinds() -> list[str]:
    """The operators that a model may hold, without those that passes make."""
    return sorted(kind for kind in OPERATORS if kind.isupper())


def iterations(layer: Layer) -> tuple[Layer, ...]:
    """The layer as it is in each iteration of the loop it stands in, if its quantisation differs; else none."""
    tensors = [tensor for tensor in (*layer.inputs, *layer.outputs) if tensor]
    count = max((len(over) for tensor in tensors for over in (tensor.per_step, tensor.data_per_step)), default=0)

    def at(tensor: Tensor | None, step: int) -> Tensor | None:
        if tensor and tensor.per_step:
            tensor = replace(tensor, quantisation=tensor.per_step[min(step, len(tensor.per_step) - 1)], per_step=())
        if tensor and tensor.data_per_step:
            tensor = replace(tensor, data=tensor.data_per_step[step], data_per_step=())
        return tensor

    return tuple(
        replace(
            layer,
            inputs=tuple(at(tensor, step) for tensor in layer.inputs),
            outputs=tuple(at(tensor, step) for tensor in layer.outputs),
        )
        for step in range(count)
    )


def _span(least: int, most: int) -> str:
    if least == most:
        return str(least)
    return f"{least} or more" if most == ANY_NUMBER else f"{least} to {most}"


def lower(graph: Graph, source: str, options: Options) -> tuple[Kernel, ...]:
    """One kernel for each operator, in order. Raises CompileError with all problems of all operators."""
    found = problems(graph, source, options) or unused_kernels(graph, source, options)
    if found:
        raise CompileError(found)
    return tuple(select(graph, op, options) for op in graph.ops)


def select(graph: Graph, op: Op, options: Options) -> Kernel:
    """The kernel of an operator without problems: the first that applies, going down the profile's chain."""
    layer = layer_of(graph, op, options)
    steps = iterations(layer)
    chain = PROFILES[layer.options.profile].chain
    # Without a lowering of its own, an operator does the same whatever the quantisation: it moves values as they are.
    for profile in chain if steps else ():
        told = STEPPED.get(op.kind, {}).get(profile)
        if told and (kernel := told(layer, steps)):
            return kernel
    if not steps and (library := library_of(layer)):
        return external_kernel(layer, library)
    for profile in chain:
        for candidate in OPERATORS[layer.op.kind].kernels.get(profile, ()):
            kernel = candidate(layer)
            if kernel is not None:
                return kernel
    raise AssertionError(f"{layer.op.kind} passed its check but no kernel of profile {layer.options.profile} applies")


def library_of(layer: Layer) -> KernelLibrary | None:
    """The user's own kernel for a layer: the first whose pattern it matches."""
    fitting = (library for library in layer.options.kernels if library.pattern.kind == layer.op.kind)
    return next((library for library in fitting if not external_mismatches(library, layer)), None)


def unused_kernels(graph: Graph, source: str, options: Options) -> list[Problem]:
    """A problem for each of the user's kernels that no layer takes, with the reasons of the nearest ones."""
    layers = [layer_of(graph, op, options) for op in graph.ops]
    free = [layer for layer in layers if not iterations(layer)]
    taken = [library_of(layer) for layer in free]
    found = []
    for library in options.kernels:
        if library in taken:
            continue
        kind = library.pattern.kind
        alike = [(layer, external_mismatches(library, layer)) for layer in free if layer.op.kind == kind]
        alike.sort(key=lambda pair: len(pair[1]))
        if not alike:
            kinds = ", ".join(sorted({op.kind for op in graph.ops if op.kind.isupper()}))
            why = f"the network has no {kind or 'such operator'}, after optimisation; it has {kinds}"
        else:
            shown = [
                f"operator {layer.op.number}: {'; '.join(reasons) or 'an earlier kernel takes it'}"
                for layer, reasons in alike[:_SHOWN]
            ]
            why = "\n  ".join([f"of {len(alike)} {kind}, the nearest:", *shown])
        found.append(Problem(library.name, f"the pattern of {library.function} matches no layer of {source}: {why}"))
    return found

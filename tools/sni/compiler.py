"""The compiler as one pure function: the bytes of a model in, the text of the files out."""

from __future__ import annotations

import re
from collections.abc import Mapping

from tools.sni.emit.files import render_files
from tools.sni.errors import CompileError, Problem
from tools.sni.external.kernel import pattern_problems
from tools.sni.importers.tflite import read_tflite
from tools.sni.ir import Graph
from tools.sni.lower import lower
from tools.sni.memory.arena import plan_arena
from tools.sni.options import OPTIMISATIONS, PROFILES, ROUNDINGS, Options
from tools.sni.passes import optimise
from tools.sni.pipeline import Pipeline, bind
from tools.sni.program import Program, steps_of
from tools.sni.stripes import Stripes, striped

_C_KEYWORDS = frozenset(
    re.findall(
        r"\w+",
        """
        auto break case char const continue default do double else enum extern float for goto if inline int long
        register restrict return short signed sizeof static struct switch typedef union unsigned void volatile while
        bool true false class namespace template this throw try catch new delete public private protected virtual
        operator using typename explicit friend mutable
        """,
    )
)
"""C99's, and those of C++ that a header would trip over."""


def name_problems(name: str) -> list[Problem]:
    """Why C names and files cannot begin with this one; nothing if they can."""
    if re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name) and name not in _C_KEYWORDS:
        return []
    why = "is a keyword of C or C++" if name in _C_KEYWORDS else "is no C identifier"
    suggestion = re.sub(r"\W", "_", name).strip("_") or "model"
    suggestion = suggestion if suggestion[0].isalpha() and suggestion not in _C_KEYWORDS else f"model_{suggestion}"
    accepted = f'a letter, then letters, digits and underscores, as in "{suggestion}"'
    return [Problem("--name", f'"{name}" {why}; accepted: {accepted}')]


def check_options(options: Options) -> None:
    """Raises CompileError when the options make no sense, whatever the model."""
    problems = name_problems(options.name)
    if options.profile not in PROFILES:
        problems.append(Problem("--profile", f'"{options.profile}" is unknown; accepted: {", ".join(PROFILES)}'))
    if options.rounding not in ROUNDINGS:
        problems.append(Problem("--rounding", f'"{options.rounding}" is unknown; accepted: {", ".join(ROUNDINGS)}'))
    if options.optimise not in OPTIMISATIONS:
        accepted = ", ".join(OPTIMISATIONS)
        problems.append(Problem("--optimize", f'"{options.optimise}" is unknown; accepted: {accepted}'))
    problems += [
        Problem(library.name, problem) for library in options.kernels for problem in pattern_problems(library.pattern)
    ]
    if problems:
        raise CompileError(problems)


def compile_graph(graph: Graph, source: str, options: Options, pipeline: Pipeline | None = None) -> Program:
    """Optimises, lowers and plans a graph."""
    check_options(options)
    graph = optimise(graph)
    bound = None
    problems: list[Problem] = []
    try:
        laid_out = _laid_out(graph, source, options)
    except CompileError as error:
        problems += error.problems
    try:
        inputs, outputs = ([graph.tensors[i] for i in side] for side in (graph.inputs, graph.outputs))
        bound = bind(pipeline, inputs, outputs) if pipeline else None
    except CompileError as error:
        problems += error.problems
    if problems:
        raise CompileError(problems)
    graph, kernels, notes = laid_out.graph, laid_out.kernels, laid_out.notes
    return Program(graph, steps_of(graph, kernels, options), laid_out.arena, options, source, bound, notes=notes)


def _laid_out(graph: Graph, source: str, options: Options) -> Stripes:
    """A kernel for each operator, and the arena."""
    if options.optimise == "ram":
        return striped(graph, options, lambda tried: lower(tried, source, options))
    kernels = lower(graph, source, options)
    return Stripes(graph, kernels, plan_arena(graph, kernels))


def compile_model(data: bytes, source: str, options: Options, pipeline: Pipeline | None = None) -> Mapping[str, str]:
    """File names and contents for a `.tflite` model; see docs/output.md.

    source: the model's file name, for messages and comments. Raises CompileError with everything that is wrong.
    """
    check_options(options)
    return render_files(compile_graph(read_tflite(data, source), source, options, pipeline))

"""TVM as one function: the bytes of a model in, the text of the files out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from tools.convert.quiet import quiet
from tools.microtvm.importing import import_tflite, overlooked
from tools.microtvm.kernels import Function, functions_of
from tools.microtvm.layers import layers_of
from tools.microtvm.lowering import fused, planned
from tools.microtvm.options import TvmOptions
from tools.microtvm.program import program_of
from tools.microtvm.sequence import Sequence, sequence_of
from tools.microtvm.wording import first_line
from tools.sni.compiler import name_problems
from tools.sni.emit.files import render_files
from tools.sni.errors import CompileError, fail
from tools.sni.importers.tflite import read_tflite
from tools.sni.pipeline import Pipeline, bind


def compile_model(data: bytes, source: str, options: TvmOptions, pipeline: Pipeline | None = None) -> Mapping[str, str]:
    """File names and contents for a `.tflite` model, as tools/sni's; the same bytes for the same model, always.

    source: the model's file name, for messages and comments. Raises CompileError with everything that is wrong.
    """
    model = read_tflite(data, source)
    problems = name_problems(options.name) + overlooked(model, source)
    bound = None
    try:
        inputs, outputs = ([model.tensors[i] for i in side] for side in (model.inputs, model.outputs))
        bound = bind(pipeline, inputs, outputs) if pipeline else None
    except CompileError as error:
        problems += error.problems
    try:
        functions, sequence = _compiled(data, source)
    except CompileError as error:
        problems += error.problems
    if problems:
        raise CompileError(problems)
    program = replace(program_of(model, sequence, functions, options, source), pipeline=bound)
    return render_files(program, layers_of(program, sequence, functions))


def _compiled(data: bytes, source: str) -> tuple[Mapping[str, Function], Sequence]:
    # TVM's C++ parts write warnings to the terminal; what it has to say of a failure comes as an exception as well.
    with quiet():
        module = import_tflite(data, source)
        try:
            module = planned(fused(module))
            return functions_of(module, source), sequence_of(module["main"], source)
        except CompileError:
            raise
        except Exception as error:  # TVM's passes raise whatever they meet
            raise fail(source, f"TVM cannot compile it: {first_line(error)}") from None

"""From a trained model to the bytes of .tflite files, and how far each is from the model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tools.convert import generated, keras_model, representative
from tools.convert.evaluation import LARGEST, Evaluation, errors, run_tflite
from tools.convert.keras_model import Model
from tools.convert.problem import ConvertError, Problem, fail, first_line
from tools.convert.quiet import quiet
from tools.convert.variants import Variant, VariantError, variant_of


@dataclass(frozen=True)
class Data:
    """What a conversion knows of typical inputs.

    representative: a file, to measure ranges on; generator: in its place, a text for tools/convert/generated.py.
    evaluation: a file of inputs that were held out, to compare variants on.
    """

    representative: Path | None = None
    generator: str | None = None
    evaluation: Path | None = None


@dataclass(frozen=True)
class Conversion:
    """models: .tflite files by variant. evaluations: in the same order. inputs: what they were tried on, in words."""

    models: Mapping[str, bytes]
    evaluations: tuple[Evaluation, ...]
    inputs: str


def convert(source: Path, variant: str, representative_data: Path | None = None) -> bytes:
    """The model in `source` as a .tflite of one variant, batch size 1.

    The same files give the same bytes, in every process. Raises ConvertError for everything the user can put right.
    """
    return convert_all(source, [variant], Data(representative_data), evaluate=False).models[variant]


def convert_all(source: Path, names: Sequence[str], data: Data, *, evaluate: bool = True) -> Conversion:
    """The model in `source` as a .tflite of each variant, and what these compute beside what the model does.

    TensorFlow is loaded once, and the model read once. Raises ConvertError with all problems of the arguments, or with
    the first one that TensorFlow has.
    """
    variants = _variants(source, names)
    with quiet():
        keras_model.import_tensorflow()
        model = keras_model.load(source)
        _refuse_nothing_to_prune(source, model, variants)
        samples = _samples(data, model)
        tried, words = _tried(data, model)
        trained = model.values()
        wanted = model.run(tried) if evaluate else []
        made: dict[str, bytes] = {}
        evaluations = []
        for variant in variants:
            values = trained
            for optimisation in variant.optimisations:
                values = optimisation(values)
            model.assign(values)
            made[variant.name] = _converted(source, model, variant, samples)
            if evaluate:
                found = run_tflite(made[variant.name], tried, model.inputs)
                outputs = errors([f"output_{i}" for i in range(len(wanted))], found, wanted)
                evaluations.append(Evaluation(variant.name, len(made[variant.name]), _zeros(values), outputs))
    return Conversion(made, tuple(evaluations), words)


def _variants(source: Path, names: Sequence[str]) -> list[Variant]:
    variants, problems = [], []
    for name in dict.fromkeys(names):
        try:
            variants.append(variant_of(name))
        except VariantError as error:
            problems.append(Problem(str(source), f"variant {error}"))
    if problems:
        raise ConvertError(problems)
    return variants


def _refuse_nothing_to_prune(source: Path, model: Model, variants: Sequence[Variant]) -> None:
    changed = [variant.name for variant in variants if variant.optimisations]
    if changed and not model.kernels:
        raise fail(
            str(source),
            f'"{changed[0]}": nothing to prune or cluster was found (accepted: trainable kernels of dense, '
            "convolutional and recurrent layers, and embeddings)",
        )


def _samples(data: Data, model: Model) -> list[np.ndarray]:
    if data.representative:
        return representative.load(data.representative, model.inputs)
    return generated.generated(data.generator, model.inputs) if data.generator else []


def _tried(data: Data, model: Model) -> tuple[list[np.ndarray], str]:
    """The inputs that variants are compared on, and what they are."""
    if data.evaluation:
        inputs, words = representative.load(data.evaluation, model.inputs), "the evaluation data"
    elif data.representative:
        inputs = representative.load(data.representative, model.inputs)
        words = "the representative data, which ranges were measured on; evaluation data tells more"
    else:
        text = (data.generator or "normal").partition(":")[0]
        inputs, words = generated.generated(f"{text}:{_HELD_OUT}", model.inputs), f"generated ones, {text}"
    return [array[:LARGEST] for array in inputs], f"{min(len(inputs[0]), LARGEST)} inputs: {words}"


_HELD_OUT = 20_000_003
"""A seed that nobody chooses for calibration."""


def _converted(source: Path, model: Model, variant: Variant, samples: Sequence[np.ndarray]) -> bytes:
    import tensorflow as tf

    function = model.frozen()
    has_ranges = any("FakeQuant" in operation.type for operation in function.graph.get_operations())
    if variant.needs_ranges and not samples and not has_ranges:
        raise fail(
            str(source),
            f'the variant "{variant.name}" needs representative data to measure ranges on '
            f"({representative.FORMATS}; or generated data: {generated.FORMS}); the model was not trained with "
            "quantisation in mind, so it has no ranges of its own",
        )
    converter = tf.lite.TFLiteConverter.from_concrete_functions([function])
    variant.representation.configure(converter, [] if has_ranges else samples)
    try:
        return converter.convert()
    except ConvertError:
        raise
    except Exception as error:  # the converter raises whatever its passes raise
        reason = f"{type(error).__name__}: {first_line(error)}"
        raise fail(str(source), f'TensorFlow cannot convert it to "{variant.name}" ({reason})') from None


def _zeros(kernels: Mapping[str, np.ndarray]) -> float:
    weights = sum(kernel.size for kernel in kernels.values())
    return sum(int((kernel == 0).sum()) for kernel in kernels.values()) / weights if weights else 0.0

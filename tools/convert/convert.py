"""From a Keras file to the bytes of a .tflite file."""

from __future__ import annotations

from pathlib import Path

from tools.convert import keras_model, representative
from tools.convert.problem import ConvertError, fail, first_line
from tools.convert.quiet import quiet
from tools.convert.variants import VARIANTS


def convert(source: Path, variant: str, representative_data: Path | None = None) -> bytes:
    """The model in `source` as a .tflite of `variant` (a key of VARIANTS), batch size 1.

    The same files give the same bytes, in every process. Raises ConvertError for everything the user can put right.
    """
    chosen = VARIANTS[variant]
    if chosen.needs_data and representative_data is None:
        raise fail(
            str(source),
            f'the variant "{variant}" needs representative data to measure ranges on ({representative.FORMATS})',
        )
    with quiet():
        tf = keras_model.import_tensorflow()
        model = keras_model.load(source)
        samples = []
        if chosen.needs_data and representative_data is not None:
            samples = representative.load(representative_data, model.inputs)
        converter = tf.lite.TFLiteConverter.from_concrete_functions([model.function])
        chosen.configure(converter, samples)
        try:
            return converter.convert()
        except ConvertError:
            raise
        except Exception as error:  # the converter raises whatever its passes raise
            reason = f"{type(error).__name__}: {first_line(error)}"
            raise fail(str(source), f'TensorFlow cannot convert it to "{variant}" ({reason})') from None

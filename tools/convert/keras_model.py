"""A trained Keras model as TensorFlow's converter wants it: one function of fixed shapes with its weights inside."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.convert.problem import ConvertError, Problem, fail, first_line
from tools.convert.representative import InputSpec

EXTENSION = ".keras"


@dataclass(frozen=True)
class FrozenModel:
    """function: a TensorFlow ConcreteFunction, batch size 1, variables turned into constants. inputs: in its order."""

    function: Any
    inputs: tuple[InputSpec, ...]


def import_tensorflow() -> Any:
    """The tensorflow module, imported so that it and Keras are quiet and the same on every machine.

    A user's own ~/.keras/keras.json could choose another backend, and oneDNN or a GPU other roundings.
    """
    os.environ.update(
        TF_CPP_MIN_LOG_LEVEL="3", TF_ENABLE_ONEDNN_OPTS="0", CUDA_VISIBLE_DEVICES="-1", KERAS_BACKEND="tensorflow"
    )
    # Keras reads its home folder once, on import, and fills it with a configuration file.
    with tempfile.TemporaryDirectory() as home:
        os.environ["KERAS_HOME"] = home
        import keras  # noqa: F401
        import tensorflow
    tensorflow.config.experimental.enable_op_determinism()
    return tensorflow


def load(path: Path) -> FrozenModel:
    """Reads and freezes the model. Raises ConvertError for a file that cannot be read, and for open shapes."""
    tf = import_tensorflow()
    import keras

    # Names in the file must not depend on what else this process has loaded.
    keras.utils.clear_session()
    model = _read(path, keras)
    inputs = _inputs(path, model)
    return FrozenModel(_freeze(model, inputs, tf), inputs)


def _read(path: Path, keras: Any) -> Any:
    if path.suffix != EXTENSION:
        raise fail(str(path), f'the extension "{path.suffix}" is not known (save the model with model.save("x.keras"))')
    if not path.is_file():
        raise fail(str(path), "no such file")
    try:
        return keras.saving.load_model(path, compile=False, safe_mode=True)
    except Exception as error:  # Keras raises whatever its layers raise
        reason = f"{type(error).__name__}: {first_line(error)}"
        accepted = "a whole model saved by Keras 3 with model.save, of Keras's own layers, without Lambda"
        raise fail(str(path), f"Keras cannot load it ({reason}; accepted: {accepted})") from None


def _inputs(path: Path, model: Any) -> tuple[InputSpec, ...]:
    tensors = getattr(model, "inputs", None)
    if not tensors:
        raise fail(str(path), "the model has no inputs of known shape (begin it with keras.Input(shape=(...)))")
    problems = [
        Problem(
            f'{path}: input "{tensor.name}"',
            f"shape {tuple(tensor.shape)} has an open axis beside the batch (static code needs every size: "
            "give all of them in keras.Input(shape=(...)))",
        )
        for tensor in tensors
        if None in tensor.shape[1:]
    ]
    if problems:
        raise ConvertError(problems)
    return tuple(InputSpec(tensor.name, tuple(tensor.shape[1:]), str(tensor.dtype)) for tensor in tensors)


def _freeze(model: Any, inputs: tuple[InputSpec, ...], tf: Any) -> Any:
    """The model as a function of one sample.

    Not converted through a SavedModel, which sorts outputs by name and leaves the batch size open; an open batch
    makes the converter emit shape arithmetic around every reshape.
    """
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    specs = [tf.TensorSpec([1, *spec.shape], spec.dtype, name=spec.name) for spec in inputs]
    function = tf.function(lambda *values: model(values[0] if len(values) == 1 else list(values), training=False))
    return convert_variables_to_constants_v2(function.get_concrete_function(*specs))

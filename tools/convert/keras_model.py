"""A trained model as TensorFlow's converter wants it: one function of fixed shapes with its weights inside."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tools.convert.problem import ConvertError, Problem, fail, first_line
from tools.convert.representative import InputSpec

KERAS_EXTENSIONS = (".keras", ".h5")
SAVED_MODEL = "saved_model.pb"
"""The file that makes a folder a SavedModel."""

FORMATS = 'a file saved by Keras with model.save("x.keras") or model.save("x.h5"), or a SavedModel folder'
_KERNELS = ("kernel", "recurrent_kernel", "embeddings")
_NOT_PRUNED = "depthwise"


@dataclass(frozen=True)
class Model:
    """inputs: in its order. call: from a batch of each input, as tensors, to a list of outputs.

    kernels: the variables that products are formed with, by name, in the network's order: not those of depthwise
    convolutions, which are few and matter, and not biases.
    """

    inputs: tuple[InputSpec, ...]
    call: Callable[..., Sequence[Any]]
    kernels: Mapping[str, Any]

    def frozen(self) -> Any:
        """A ConcreteFunction of one sample, variables turned into constants as they are now.

        Not converted through a SavedModel, which sorts outputs by name and leaves the batch size open; an open batch
        makes the converter emit shape arithmetic around every reshape.
        """
        import tensorflow as tf
        from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

        specs = [tf.TensorSpec([1, *spec.shape], spec.dtype, name=spec.name) for spec in self.inputs]
        function = tf.function(self.call)
        return convert_variables_to_constants_v2(function.get_concrete_function(*specs))

    def run(self, samples: Sequence[np.ndarray]) -> list[np.ndarray]:
        """The outputs for a batch: one array for each."""
        import tensorflow as tf

        made = self.call(*(tf.constant(array) for array in samples))
        return [output.numpy() for output in made]

    def values(self) -> dict[str, np.ndarray]:
        """The kernels' values."""
        return {name: variable.numpy() for name, variable in self.kernels.items()}

    def assign(self, values: Mapping[str, np.ndarray]) -> None:
        """Gives the kernels other values."""
        for name, variable in self.kernels.items():
            variable.assign(values[name])


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


def load(path: Path) -> Model:
    """Reads a model. Raises ConvertError for what cannot be read, and for open shapes."""
    import_tensorflow()
    import keras

    # Names in the file must not depend on what else this process has loaded.
    keras.utils.clear_session()
    if not path.exists():
        raise fail(str(path), "no such file")
    if path.is_dir():
        return _saved_model(path)
    if path.suffix not in KERAS_EXTENSIONS:
        raise fail(str(path), f'the extension "{path.suffix}" is not known (give {FORMATS})')
    return _keras(path, keras)


def _keras(path: Path, keras: Any) -> Model:
    try:
        model = keras.saving.load_model(path, compile=False, **({"safe_mode": True} if path.suffix == ".keras" else {}))
    except Exception as error:  # Keras raises whatever its layers raise
        reason = f"{type(error).__name__}: {first_line(error)}"
        accepted = "a whole model saved by Keras with model.save, of Keras's own layers, without Lambda"
        raise fail(str(path), f"Keras cannot load it ({reason}; accepted: {accepted})") from None
    tensors = getattr(model, "inputs", None)
    if not tensors:
        raise fail(str(path), "the model has no inputs of known shape (begin it with keras.Input(shape=(...)))")
    _refuse_open_shapes(path, [(tensor.name, tuple(tensor.shape)) for tensor in tensors], "keras.Input(shape=(...))")
    inputs = tuple(InputSpec(tensor.name, tuple(tensor.shape[1:]), str(tensor.dtype)) for tensor in tensors)

    def call(*values: Any) -> Sequence[Any]:
        made = model(values[0] if len(values) == 1 else list(values), training=False)
        return list(made.values()) if isinstance(made, dict) else made if isinstance(made, list | tuple) else [made]

    return Model(inputs, call, _kernels({variable.path: variable for variable in model.trainable_variables}))


def _saved_model(path: Path) -> Model:
    import tensorflow as tf

    if not (path / SAVED_MODEL).is_file():
        raise fail(str(path), f"a folder without {SAVED_MODEL} (give {FORMATS})")
    try:
        loaded = tf.saved_model.load(str(path))
        signature = loaded.signatures["serving_default"]
    except Exception as error:  # TensorFlow raises whatever it meets
        reason = f"{type(error).__name__}: {first_line(error)}"
        raise fail(str(path), f"TensorFlow cannot load it ({reason}; accepted: {FORMATS})") from None
    specs = signature.structured_input_signature[1]
    _refuse_open_shapes(path, [(name, tuple(spec.shape)) for name, spec in specs.items()], "its signature")
    inputs = tuple(InputSpec(name, tuple(spec.shape[1:]), spec.dtype.name) for name, spec in sorted(specs.items()))

    def call(*values: Any) -> Sequence[Any]:
        made = signature(**{spec.name: value for spec, value in zip(inputs, values, strict=True)})
        return [made[name] for name in sorted(made)]

    # The variables live as long as what loaded them.
    call.loaded = loaded  # type: ignore[attr-defined]
    return Model(
        inputs, call, _kernels({variable.name.partition(":")[0]: variable for variable in signature.variables})
    )


def _kernels(variables: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: variable
        for name, variable in variables.items()
        if name.rpartition("/")[2] in _KERNELS and _NOT_PRUNED not in name and len(variable.shape) > 1
    }


def _refuse_open_shapes(path: Path, shapes: Sequence[tuple[str, tuple[int | None, ...]]], where: str) -> None:
    problems = [
        Problem(
            f'{path}: input "{name}"',
            f"shape {shape} has an open axis beside the batch (static code needs every size: "
            f"give all of them in {where})",
        )
        for name, shape in shapes
        if None in shape[1:]
    ]
    if problems:
        raise ConvertError(problems)

"""A description of a network, by EdgeMark's keys, read and checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tools.yaml_file.entries import Entry, load_yaml, plain
from tools.yaml_file.problem import Problem, ProblemsError
from tools.zoo.datasets import DATASETS, Dataset

ACTIVATIONS = ("relu", "relu6", "sigmoid", "tanh", "elu", "linear")
MODEL_TYPES = (
    "CNN",
    "RNN",
    "TinyMLPerf_AE",
    "TinyMLPerf_DS_CNN",
    "TinyMLPerf_MBNet",
    "TinyMLPerf_ResNet",
)
RNN_TYPES = ("SimpleRNN", "LSTM", "GRU")

Convolution = tuple[int, tuple[int, int], tuple[int, int]]
"""(outputs, window, strides). Without outputs it is a maximum over the window; without a window, the mean of all."""


@dataclass(frozen=True)
class Config:
    """One network; the names are those of the file's keys."""

    model_type: str
    dataset: Dataset
    dataset_name: str
    convs_params: tuple[Convolution, ...] = ()
    denses_params: tuple[int, ...] = ()
    convs_dropout: float = 0.0
    denses_dropout: float = 0.0
    activation: str = "relu"
    use_batch_norm: bool = False
    rnn_type: str = "SimpleRNN"
    rnn_units: int = 64
    embedding_dim: int | None = None
    num_filters: int | None = None
    epochs: int = 50
    batch_size: int = 32
    learning_rate: float = 1e-3
    random_seed: int = 42


class ZooError(ProblemsError):
    """Says what is wrong with a description."""


class _WrongError(ValueError):
    """Says what is accepted."""


def _number(low: float, high: float, whole: bool = False) -> Callable[[object], object]:
    def read(value: object) -> object:
        right = isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high
        if not right or (whole and not isinstance(value, int)):
            raise _WrongError(f"a {'whole ' if whole else ''}number from {low:g} to {high:g}")
        return value

    return read


def _choice(choices: tuple[str, ...]) -> Callable[[object], object]:
    def read(value: object) -> object:
        if value not in choices:
            raise _WrongError(f"one of {', '.join(choices)}")
        return value

    return read


def _switch(value: object) -> object:
    if not isinstance(value, bool):
        raise _WrongError("True or False")
    return value


def _sizes(value: object) -> object:
    if not isinstance(value, list) or not all(isinstance(n, int) and 0 < n <= 65536 for n in value):
        raise _WrongError("a list of whole numbers from 1 to 65536")
    return tuple(value)


def _pair(value: object) -> tuple[int, int]:
    both = [value, value] if isinstance(value, int) else value
    if not isinstance(both, list) or len(both) != 2 or not all(isinstance(n, int) and n >= 0 for n in both):
        raise _WrongError("a list of [outputs, window, stride]; window and stride are numbers, or [rows, columns]")
    return both[0], both[1]


def _convolutions(value: object) -> object:
    rows = value if isinstance(value, list) else [None]
    if not all(isinstance(row, list) and len(row) == 3 and isinstance(row[0], int) for row in rows):
        raise _WrongError("a list of [outputs, window, stride]; window and stride are numbers, or [rows, columns]")
    return tuple((row[0], _pair(row[1]), _pair(row[2])) for row in rows)


def _optional(read: Callable[[object], object]) -> Callable[[object], object]:
    return lambda value: None if value is None else read(value)


_KEYS: Mapping[str, Callable[[object], object]] = {
    "model_type": _choice(MODEL_TYPES),
    "convs_params": _convolutions,
    "denses_params": _sizes,
    "convs_dropout": _number(0, 0.99),
    "denses_dropout": _number(0, 0.99),
    "activation": _choice(ACTIVATIONS),
    "use_batch_norm": _switch,
    "rnn_type": _choice(RNN_TYPES),
    "rnn_units": _number(1, 4096, whole=True),
    "embedding_dim": _optional(_number(1, 4096, whole=True)),
    "num_filters": _number(1, 1024, whole=True),
    "epochs": _number(0, 1000, whole=True),
    "batch_size": _number(1, 65536, whole=True),
    "learning_rate": _number(1e-8, 10),
    "random_seed": _number(0, 2**31 - 1, whole=True),
}

_IGNORED = ("load_pretrained_model", "fine_tuning_learning_rate", "fine_tuning_epochs", "fine_tuning_batch_size")
"""EdgeMark's keys that have no meaning here: nothing is downloaded, and pruning is a variant of the conversion."""


def read_config(path: Path) -> Config:
    """Reads a description. Raises ZooError with all that is wrong with it."""
    document = load_yaml(path, "model_type: CNN")
    problems = list(document.problems)
    if document.root is None:
        raise ZooError(problems)
    entries: dict[str, Entry] = document.root.value  # type: ignore[assignment]
    values = {}
    for key, entry in entries.items():
        if key in _IGNORED or key == "dataset":
            continue
        if key not in _KEYS:
            known = ", ".join([*_KEYS, "dataset"])
            problems.append(Problem(path, entry.line, f'"{key}" is not known; keys are {known}'))
            continue
        value = plain(entry)
        try:
            values[key] = _KEYS[key](value)
        except _WrongError as wrong:
            problems.append(Problem(path, entry.line, f"{key} = {_shown(value)}: {wrong} is needed"))
    for key in ("model_type", "dataset"):
        if key not in entries:
            problems.append(Problem(path, None, f'has no "{key}"'))
    name, dataset = _dataset(path, entries.get("dataset"), problems)
    if not problems and dataset is not None:
        problems += [Problem(path, None, problem) for problem in _shape_problems(values, dataset)]
    if problems or dataset is None:
        raise ZooError(problems)
    return Config(dataset=dataset, dataset_name=name, **values)  # type: ignore[arg-type]


def _dataset(path: Path, entry: Entry | None, problems: list[Problem]) -> tuple[str, Dataset | None]:
    if entry is None:
        return "", None
    value = entry.value
    if not isinstance(value, dict) or "name" not in value:
        message = f"dataset = {_shown(plain(entry))}: a name is needed, and args where it has any"
        problems.append(Problem(path, entry.line, message))
        return "", None
    name = str(plain(value["name"]))
    if name not in DATASETS:
        message = f'dataset "{name}" is not known; data sets are {", ".join(DATASETS)}'
        problems.append(Problem(path, value["name"].line, message))
        return name, None
    given = plain(value["args"]) if "args" in value else {}
    try:
        return name, DATASETS[name](given if isinstance(given, dict) else {})
    except (ArithmeticError, TypeError, ValueError) as error:
        problems.append(Problem(path, entry.line, f"arguments of {name}: {error}"))
        return name, None


def _shape_problems(values: Mapping[str, object], dataset: Dataset) -> list[str]:
    kind, shape = values["model_type"], dataset.shape
    if kind == "CNN":
        wanted = 3 if values.get("convs_params") else 1
        if len(shape) != wanted:
            return [
                f"a network {'with' if wanted == 3 else 'without'} convolutions takes inputs of {wanted} dimensions; "
                f"the data set has {list(shape)} (flat_features says which)"
            ]
    if kind == "RNN" and not dataset.sequence:
        return [f"a recurrent network takes sequences; the data set has {list(shape)}"]
    if kind == "RNN" and bool(dataset.symbols) != bool(values.get("embedding_dim")):
        return ["embedding_dim is for data sets of symbols, and these need it"]
    return []


def _shown(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value)

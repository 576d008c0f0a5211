"""A YAML file as Python values that know which line they stand on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import yaml

from tools.zoo.problem import Problem, ZooError


@dataclass(frozen=True)
class Entry:
    """value: a scalar, a list of values, or a dictionary from keys to Entries. line: where it begins, from 1."""

    value: object
    line: int


def load_yaml(path: Path) -> dict[str, Entry]:
    """The entries of a file that is one mapping. Raises ZooError where it is not, or cannot be read."""
    try:
        root = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except OSError as error:
        raise ZooError([Problem(str(path), f"cannot be read ({error.strerror})")]) from None
    except UnicodeDecodeError:
        raise ZooError([Problem(str(path), "is not UTF-8 text")]) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"{path}: line {mark.line + 1}" if mark else str(path)
        raise ZooError([Problem(place, f"not YAML: {getattr(error, 'problem', error)}")]) from None
    if not isinstance(root, yaml.MappingNode):
        raise ZooError([Problem(str(path), "keys and values are needed, as model_type: CNN")])
    return _mapping(root)


def _mapping(node: yaml.MappingNode) -> dict[str, Entry]:
    return {str(key.value): Entry(_value(value), key.start_mark.line + 1) for key, value in node.value}


def _value(node: yaml.Node) -> object:
    if isinstance(node, yaml.MappingNode):
        return _mapping(node)
    if isinstance(node, yaml.SequenceNode):
        return [_value(item) for item in node.value]
    return yaml.safe_load(yaml.serialize(node))

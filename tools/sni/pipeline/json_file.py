"""A JSON file as Python values that still know what JSON parsers usually forget: keys that were given twice."""

from __future__ import annotations

import json
from pathlib import Path

from tools.sni.errors import fail

# Longer integers fit no field of any format here; as a float they are found to be out of range like any other number.
_DIGITS_OF_AN_INTEGER = 18


class JsonObject(dict[str, object]):
    """A JSON object. `repeated` lists the keys that occur more than once; the value is the last one's."""

    def __init__(self, pairs: list[tuple[str, object]]) -> None:
        super().__init__(pairs)
        keys = [key for key, _ in pairs]
        self.repeated = tuple(key for key in self if keys.count(key) > 1)


def load_json(path: Path) -> object:
    """Reads a file of UTF-8 JSON. NaN, Infinity and numbers beyond double come as non-finite floats.

    Raises CompileError when the file cannot be read, is not UTF-8, or is not JSON (with line and column).
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise fail(str(path), f"cannot be read ({error.strerror})") from None
    except UnicodeDecodeError as error:
        raise fail(str(path), f"is not UTF-8 text (byte {error.start} is 0x{error.object[error.start]:02x})") from None
    try:
        return json.loads(text, object_pairs_hook=JsonObject, parse_int=_integer)
    except json.JSONDecodeError as error:
        raise fail(f"{path}: line {error.lineno}, column {error.colno}", f"not JSON: {error.msg}") from None
    except RecursionError:
        raise fail(str(path), "lists and objects are nested too deeply for a pipeline") from None


def _integer(text: str) -> int | float:
    return int(text) if len(text) <= _DIGITS_OF_AN_INTEGER else float(text)

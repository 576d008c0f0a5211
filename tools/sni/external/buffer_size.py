"""Sizes of buffers as arithmetic over a layer's shapes: `4 * window_rows * window_columns * input_channels`."""

from __future__ import annotations

import ast
import operator
from collections.abc import Mapping

_OPERATIONS = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.FloorDiv: operator.floordiv}
_FUNCTIONS = {"max": max, "min": min}
ACCEPTED = "integers, names of the layer's sizes, + - * // ( ) and max(..), min(..)"


class SizeError(ValueError):
    """Says what is wrong with an expression, in the user's words."""


def evaluated(text: str, names: Mapping[str, int]) -> int:
    """The value of an expression. names: what it may refer to.

    Raises SizeError where it is no such expression, refers to something else, or gives less than 0.
    """
    try:
        tree = ast.parse(text.strip(), mode="eval")
        value = _value(tree.body, names)
    except SyntaxError:
        raise SizeError(f'"{text}" is no expression; accepted: {ACCEPTED}') from None
    except ZeroDivisionError:
        raise SizeError(f'"{text}" divides by zero') from None
    if value < 0:
        raise SizeError(f'"{text}" gives {value} bytes; a size is 0 or more')
    return value


def _value(node: ast.expr, names: Mapping[str, int]) -> int:
    match node:
        case ast.Constant(value=bool()):
            pass
        case ast.Constant(value=int(number)):
            return number
        case ast.Name(id=name):
            if name not in names:
                raise SizeError(f'"{name}" is not known; names are {", ".join(sorted(names))}')
            return names[name]
        case ast.BinOp(left=left, op=operation, right=right) if type(operation) in _OPERATIONS:
            return _OPERATIONS[type(operation)](_value(left, names), _value(right, names))
        case ast.Call(func=ast.Name(id=name), args=[_, *_] as arguments, keywords=[]) if name in _FUNCTIONS:
            return _FUNCTIONS[name]([_value(argument, names) for argument in arguments])
    raise SizeError(f'"{ast.unparse(node)}" cannot be computed; accepted: {ACCEPTED}')

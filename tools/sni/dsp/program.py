"""Pruned weights as straight code: a program that names the inputs of each product, so that zeros take no time.

For four outputs at a time the code goes through the inputs once, four of them (two words of 16-bit pairs) at a time:

    X                 the next two words of inputs
    W(n)              the next n words of weights, of four registers
    SKIP(n)           n bytes of inputs without products; BACK(n) to the first ones, at the end
    D(s, x, w)        sum s += both halves of input word x times both of weight word w        SMLAD
    BB, BT, TB, TT    sum s += one half of x (bottom or top) times one of w                   SMLABB ..

A pair of inputs with one weight takes half a word of the table and one instruction, one with two a word and one
instruction, one without takes nothing. tools/sni/emit/helpers/dsp_program.c.j2 says what C and what assembly that is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from textwrap import wrap

import numpy as np

from tools.sni.dsp.packing import groups, words

OUTPUTS = 4
"""Sums at a time."""

_WORDS = 4
"""Registers for weights."""

_STEP = 8
"""Bytes of the two words of inputs that X loads."""

_WIDTH = 92
"""Characters of a line of C."""

_SPACE = "\0"
"""Stands for a space at which no line may break."""

_FARTHEST = 4088
"""Bytes that one SKIP can leave out: what ADD takes as a constant, by whole steps."""


@dataclass(frozen=True)
class Term:
    """One step of a program, as above. kind: X, W, SKIP, BACK, or that of a product. numbers: s, x and w."""

    kind: str
    numbers: tuple[int, ...] = ()

    def __str__(self) -> str:
        return f"SNI_{self.kind}({', '.join(map(str, self.numbers))})" if self.numbers else f"SNI_{self.kind}"


@dataclass(frozen=True)
class Block:
    """The program of four outputs. lines: its terms by fours of inputs. table: the weights, words of two int16."""

    lines: tuple[tuple[Term, ...], ...]
    table: np.ndarray

    @property
    def text(self) -> tuple[str, ...]:
        """C of the terms, by lines."""
        held_together = [" ".join(str(term).replace(" ", _SPACE) for term in line) for line in self.lines]
        wrapped = [part for line in held_together for part in wrap(line, _WIDTH, subsequent_indent="  ")]
        return tuple(part.replace(_SPACE, " ") for part in wrapped)

    @property
    def instructions(self) -> int:
        """Of the program, one for each term."""
        return sum(len(line) for line in self.lines)

    @property
    def code(self) -> int:
        """Bytes of instructions."""
        short = sum(term.kind == "X" for line in self.lines for term in line)
        return 4 * self.instructions - 2 * short


@dataclass
class _Packer:
    """Terms as they are made. halves: bottom and top of each word of weights in a register, None while it is free."""

    lines: list[tuple[Term, ...]] = field(default_factory=list)
    line: list[Term] = field(default_factory=list)
    table: list[int] = field(default_factory=list)
    halves: list[list[int | None]] = field(default_factory=list)
    load: tuple[int, int] | None = None
    """Line and place of the W that loads the words in `halves`; how many is known once the next one begins."""

    def single(self, s: int, x: int, half: int, weight: int) -> None:
        free = next((n for n, word in enumerate(self.halves) if word[1] is None), None)
        if free is None:
            free = self._word()
            self.halves[free][0] = weight
        else:
            self.halves[free][1] = weight
        self.line.append(Term("BT"[half] + "BT"[self.halves[free][1] is not None], (s, x, free)))

    def double(self, s: int, x: int, weights: tuple[int, int]) -> None:
        free = self._word()
        self.halves[free] = list(weights)
        self.line.append(Term("D", (s, x, free)))

    def has_half(self) -> bool:
        return any(word[1] is None for word in self.halves)

    def _word(self) -> int:
        """A free register, of a new load where there is none left."""
        if self.load is None or len(self.halves) == _WORDS:
            self.end_load()
            self.load = len(self.lines), len(self.line)
            self.line.append(Term("W", (0,)))
        self.halves.append([None, None])
        return len(self.halves) - 1

    def end_load(self) -> None:
        """Writes down what the last load loads."""
        if self.load is None:
            return
        line, place = self.load
        loaded = Term("W", (len(self.halves),))
        if line == len(self.lines):
            self.line[place] = loaded
        else:
            self.lines[line] = (*self.lines[line][:place], loaded, *self.lines[line][place + 1 :])
        self.table += [((word[0] or 0) & 0xFFFF) | ((word[1] or 0) & 0xFFFF) << 16 for word in self.halves]
        self.halves, self.load = [], None

    def end_line(self) -> None:
        self.lines.append(tuple(self.line))
        self.line = []


def pack(matrix: np.ndarray) -> Block:
    """The program of up to four outputs. matrix: 16-bit weights [outputs, inputs]."""
    filled = np.zeros((OUTPUTS, 4 * groups(matrix.shape[1])), np.int64)
    filled[: len(matrix), : matrix.shape[1]] = matrix
    # [four inputs][output][word: inputs (0, 2) or (1, 3)][half]
    pairs = filled.reshape(OUTPUTS, -1, 2, 2).transpose(1, 0, 3, 2)
    packer = _Packer()
    skipped = 0
    for four in pairs:
        if not four.any():
            skipped += _STEP
            continue
        while skipped:
            packer.line.append(Term("SKIP", (min(skipped, _FARTHEST),)))
            skipped -= min(skipped, _FARTHEST)
        packer.line.append(Term("X"))
        _pack_four(packer, four.tolist())
        packer.end_line()
    packer.end_load()
    at = _STEP * sum(term.kind == "X" for line in packer.lines for term in line)
    at += sum(term.numbers[0] for line in packer.lines for term in line if term.kind == "SKIP")
    packer.line = [Term("BACK", (min(_FARTHEST, at - back),)) for back in range(0, at, _FARTHEST)]
    packer.end_line()
    return Block(tuple(packer.lines), words(np.array(packer.table, np.int64)))


def _pack_four(packer: _Packer, four: Sequence[Sequence[Sequence[int]]]) -> None:
    """The products of four inputs, [output][word][half], in an order that leaves few halves of words free."""
    places = [(s, x) for s in range(OUTPUTS) for x in range(2)]
    doubles = [(s, x) for s, x in places if all(four[s][x])]
    singles = [(s, x) for s, x in places if any(four[s][x]) and (s, x) not in doubles]
    while singles or doubles:
        if singles and (packer.has_half() or not doubles):
            s, x = singles.pop(0)
            half = int(four[s][x][0] == 0)
            packer.single(s, x, half, four[s][x][half])
        else:
            s, x = doubles.pop(0)
            packer.double(s, x, (four[s][x][0], four[s][x][1]))


def unpack(block: Block, inputs: int) -> np.ndarray:
    """The weights [4 outputs, inputs] that a program multiplies by: each of its products, added to where it belongs."""
    filled = np.zeros((OUTPUTS, 4 * groups(inputs)), np.int64)
    halves = block.table.view(np.int16).reshape(-1, 2)
    first, at, loaded, next_word = 0, 0, 0, 0
    for term in (term for line in block.lines for term in line):
        if term.kind == "X":
            first, at = at // 2, at + _STEP
        elif term.kind == "SKIP":
            at += term.numbers[0]
        elif term.kind == "BACK":
            at -= term.numbers[0]
        elif term.kind == "W":
            loaded, next_word = next_word, next_word + term.numbers[0]
        else:
            s, x, w = term.numbers
            for half, part in ("BB", "TT") if term.kind == "D" else (term.kind,):
                filled[s, first + x + 2 * (half == "T")] += int(halves[loaded + w]["BT".index(part)])
    assert at == 0
    assert next_word == block.table.size
    return filled[:, :inputs]

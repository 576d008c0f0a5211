"""When which rows are computed, if a chain of operators runs in stripes.

In each round t every operator makes a few rows more of its output, as many of each as come to the same part of the
network: n of a tensor. It gets ahead of the operators behind it by what their windows look ahead:

    rows made after round t = n * (t + 1) + ahead                 none before the first, no more than there are

So nothing is computed twice. Of what was made, rows are kept from round to round that windows still look back to.
Rounds at the beginning and the end, in which some operators make fewer rows or look at padding, differ from those in
between, which are all alike: a loop.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from tools.sni.windows import Axis, reach


@dataclass(frozen=True)
class Stage:
    """An operator: the tensor it makes, of so many rows, and how it slides over the rows of tensors it reads."""

    output: int
    rows: int
    reads: tuple[tuple[int, Axis], ...]


@dataclass(frozen=True)
class Made:
    """The rows of one tensor: n in each round, and how many more are ahead; those there are. See above."""

    step: int
    ahead: int
    rows: int

    def unlimited(self, round_: int) -> int:
        """Rows made after a round, if there were no first and no last one."""
        return self.step * (round_ + 1) + self.ahead

    def until(self, round_: int) -> int:
        return min(max(self.unlimited(round_), 0), self.rows)

    def within(self, round_: int) -> range:
        """The rows that are made in a round."""
        return range(self.until(round_ - 1), self.until(round_))

    @property
    def first(self) -> int:
        """The first round that makes any."""
        return -((self.ahead - 1) // self.step) - 1

    @property
    def last(self) -> int:
        """The round that makes the last."""
        return -((self.ahead - self.rows) // self.step) - 1


@dataclass(frozen=True)
class Look:
    """What an operator sees of a tensor in a round: rows, and how many rows of padding above and below them."""

    rows: range
    above: int
    below: int


@dataclass(frozen=True)
class Kept:
    """A buffer for the rows of a tensor that is never whole: `size` rows, of which row `start + step * t` lies first in
    round t. Then it moves up by `step` rows; `size - step` stay.
    """

    size: int
    start: int
    step: int

    def first(self, round_: int) -> int:
        return self.start + self.step * round_


@dataclass(frozen=True)
class Schedule:
    """stages, in order; what is made of each tensor; the buffers of those that are not whole."""

    stages: tuple[Stage, ...]
    made: Mapping[int, Made]
    kept: Mapping[int, Kept]

    @property
    def rounds(self) -> range:
        """From the one that makes the first row of any tensor to the one that makes the last."""
        made = self.made.values()
        return range(min(m.first for m in made), max(m.last for m in made) + 1)

    @property
    def alike(self) -> range:
        """The rounds in which every operator makes as many rows and sees no padding: those of a loop."""
        rounds = [t for t in self.rounds if self._regular(t)]
        return range(rounds[0], rounds[-1] + 1) if rounds else range(0)

    def look(self, stage: Stage, axis: Axis, round_: int) -> Look:
        return look(axis, self.made[stage.output].within(round_))

    def _regular(self, round_: int) -> bool:
        for stage in self.stages:
            made = self.made[stage.output]
            if any(made.until(t) != made.unlimited(t) for t in (round_ - 1, round_)):
                return False
            looks = (self.look(stage, axis, round_) for _, axis in stage.reads)
            if any(seen.above or seen.below for seen in looks):
                return False
        return True


def look(axis: Axis, rows: range) -> Look:
    """What a window sees of an input for these rows of its output."""
    first = rows.start * axis.stride - axis.before
    end = (rows.stop - 1) * axis.stride - axis.before + reach(axis.taps, axis.dilation)
    seen = range(max(first, 0), min(end, axis.input))
    return Look(seen, seen.start - first, end - seen.stop)


def schedule(stages: Sequence[Stage], whole: frozenset[int], rows: int) -> Schedule | None:
    """The schedule in which the last operator makes `rows` rows in a round. whole: tensors that others read too.

    None where the rows do not come out even, or where a window can lie beside the image.
    """
    steps = _steps(stages, rows)
    if steps is None:
        return None
    made: dict[int, Made] = {}
    for number in reversed(range(len(stages))):
        stage = stages[number]
        readers = list(_readers(stages[number + 1 :], stage.output))
        ahead = max((_needed(made[y].ahead, axis) for y, axis in readers), default=0)
        made[stage.output] = Made(steps[stage.output], ahead, stage.rows)
    kept = {
        stage.output: _kept(made, stage.output, list(_readers(stages, stage.output)))
        for stage in stages
        if stage.output not in whole
    }
    found = Schedule(tuple(stages), made, kept)
    looks = (
        found.look(stage, axis, t)
        for t in found.rounds
        for stage in stages
        if found.made[stage.output].within(t)
        for _, axis in stage.reads
    )
    return found if all(seen.rows for seen in looks) else None


def _readers(stages: Sequence[Stage], tensor: int) -> Iterator[tuple[int, Axis]]:
    return ((stage.output, axis) for stage in stages for source, axis in stage.reads if source == tensor)


def _needed(ahead: int, axis: Axis) -> int:
    """How far an input must be ahead for an output that is so far ahead."""
    return (ahead - 1) * axis.stride - axis.before + reach(axis.taps, axis.dilation)


def _kept(made: Mapping[int, Made], tensor: int, readers: Sequence[tuple[int, Axis]]) -> Kept:
    mine = made[tensor]
    # In round 0: the first row that is made, and the first that each reader looks at.
    starts = [made[y].ahead * axis.stride - axis.before for y, axis in readers]
    start = min(mine.unlimited(-1), *starts)
    return Kept(mine.unlimited(0) - start, start, mine.step)


def _steps(stages: Sequence[Stage], rows: int) -> dict[int, int] | None:
    """Rows of each tensor in a round: along an operator they are divided by its stride."""
    rates: dict[int, Fraction] = {}
    for stage in stages:
        known = {rates[source] / axis.stride for source, axis in stage.reads if source in rates}
        if len(known) > 1 or (rates and not known):
            return None
        rate = known.pop() if known else Fraction(1)
        rates[stage.output] = rate
        for source, axis in stage.reads:
            rates.setdefault(source, rate * axis.stride)
    scale = rows / rates[stages[-1].output]
    steps = {tensor: rate * scale for tensor, rate in rates.items()}
    return {t: int(n) for t, n in steps.items()} if all(n.denominator == 1 and n > 0 for n in steps.values()) else None

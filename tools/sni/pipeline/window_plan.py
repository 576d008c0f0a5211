"""Where the vectors of the window features lie: all of them in one array of the state, placed as an arena is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from tools.sni.memory.planner import Buffer, plan
from tools.sni.pipeline.window import Table, WindowFeature

_FLOAT = 4

Names = tuple[str, ...]


@dataclass(frozen=True)
class Series:
    """What rows collect for the window features: columns and signals that take turns, one value of each in every row.

    offset: of the oldest value, in the work array. stored: where a window that overlaps the next is kept, in an array
    of its own.
    """

    names: Names
    values: int
    offset: int
    stored: int


@dataclass(frozen=True)
class WindowStep:
    """A window feature that makes `count` values of `size`.

    source, offset: of what it reads and of its values, in floats. scratch: None if it needs none. copies: what it works
    in place on is read later too, so that it works on a copy.
    """

    feature: WindowFeature
    size: int
    count: int
    source: int
    offset: int
    scratch: int | None
    copies: bool


@dataclass(frozen=True)
class WindowPlan:
    """work: floats of the array. inputs: what enters the network, in order: name, offset and number of values."""

    series: tuple[Series, ...]
    steps: tuple[WindowStep, ...]
    work: int
    inputs: tuple[tuple[str, int, int], ...]

    @property
    def collected(self) -> int:
        """Floats of a window."""
        return sum(series.values for series in self.series)

    @property
    def tables(self) -> tuple[Table, ...]:
        """The constants, each once."""
        tables = {table.name: table for step in self.steps for table in step.feature.tables(step.size)}
        return tuple(tables.values())


@dataclass
class _Space:
    """Floats that are in use from one step to another. After the step `shrunk`, only the first `kept` of them are."""

    size: int
    first: int
    last: int
    shrunk: int | None = None
    kept: int = 0


@dataclass(frozen=True)
class _Place:
    space: int
    offset: int
    values: int


def plan_window(features: Sequence[str], window_features: Sequence[WindowFeature], length: int) -> WindowPlan:
    """Places everything that is computed of a window of `length` rows. Step 0 is its end; the features follow from 1.

    A value that enters the network is stored there as soon as it is known; its memory is then free. What works in place
    takes the memory of what it reads, unless that is read again.
    """
    last_use = {feature.of: step for step, feature in enumerate(window_features, 1)}
    made = {(feature.name,) for feature in window_features}
    spaces: list[_Space] = []
    places: dict[Names, _Place] = {}

    def new(size: int, step: int) -> int:
        spaces.append(_Space(size, step, step))
        return len(spaces) - 1

    read = [feature.of for feature in window_features] + [(name,) for name in features]
    series = [names for names in dict.fromkeys(read) if names not in made]
    for names in series:
        values = length * len(names)
        places[names] = _Place(new(values, 0), 0, values)

    scratches: list[int | None] = []
    copies: list[bool] = []
    for step, feature in enumerate(window_features, 1):
        source = places[feature.of]
        space = spaces[source.space]
        space.last = step
        values = feature.count(source.values)
        read_again = any(last_use.get(names, 0) > step for names, at in places.items() if at.space == source.space)
        copies.append(feature.in_place and read_again)
        if feature.template is None:
            place = replace(source, offset=source.offset + feature.first(), values=values)
        elif feature.in_place and not read_again:
            place = replace(source, values=values)
            if values < source.values and space.shrunk is None:
                space.shrunk, space.kept = step, source.offset + values
        else:
            place = _Place(new(source.values if feature.in_place else values, step), 0, values)
        places[(feature.name,)] = place
        scratch = feature.scratch(source.values)
        scratches.append(new(scratch, step) if scratch else None)

    work, starts = min([_apart(spaces), *_nested(spaces)], key=lambda placed: placed[0])

    def at(names: Names) -> int:
        return starts[places[names].space] + places[names].offset

    before = [sum(places[names].values for names in series[:index]) for index in range(len(series))]
    return WindowPlan(
        series=tuple(
            Series(names, places[names].values, at(names), stored) for names, stored in zip(series, before, strict=True)
        ),
        steps=tuple(
            WindowStep(
                feature=feature,
                size=places[feature.of].values,
                count=places[(feature.name,)].values,
                source=at(feature.of),
                offset=at((feature.name,)),
                scratch=None if scratch is None else starts[scratch],
                copies=copied,
            )
            for feature, scratch, copied in zip(window_features, scratches, copies, strict=True)
        ),
        work=work,
        inputs=tuple((name, at((name,)), places[(name,)].values) for name in features),
    )


def _apart(spaces: Sequence[_Space]) -> tuple[int, list[int]]:
    """Floats of the array, and where each space begins."""
    arena = plan([Buffer(_FLOAT * space.size, space.first, space.last) for space in spaces])
    return -(-arena.size // _FLOAT), [offset // _FLOAT for offset in arena.offsets]


def _nested(spaces: Sequence[_Space]) -> Iterator[tuple[int, list[int]]]:
    """As _apart, with spaces behind what is left of one that has shrunk, which may have to grow for that."""
    for index, host in enumerate(spaces):
        if host.shrunk is None:
            continue
        inside = [i for i, s in enumerate(spaces) if i != index and s.first > host.shrunk and s.last <= host.last]
        if not inside:
            continue
        size, offsets = _apart([spaces[i] for i in inside])
        outside = [i for i in range(len(spaces)) if i not in inside]
        grown = [spaces[i] if i != index else replace(host, size=max(host.size, host.kept + size)) for i in outside]
        total, outer = _apart(grown)
        starts = dict(zip(outside, outer, strict=True))
        starts |= {i: starts[index] + host.kept + offset for i, offset in zip(inside, offsets, strict=True)}
        yield total, [starts[i] for i in range(len(spaces))]

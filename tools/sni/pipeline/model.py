"""The pipeline file as data: what happens to rows before the network, and to its outputs after it."""

from __future__ import annotations

from dataclasses import dataclass, field

from tools.sni.pipeline.after import After
from tools.sni.pipeline.kinds import Integer
from tools.sni.pipeline.records import entry
from tools.sni.pipeline.signals import Signal
from tools.sni.pipeline.window import WindowFeature


@dataclass(frozen=True, kw_only=True)
class Window:
    """The network sees the newest `length` rows, after every `stride` rows."""

    length: int = entry(Integer(1), default=1)
    stride: int = entry(Integer(1), default=1)


@dataclass(frozen=True)
class Pipeline:
    """A valid pipeline: every name in it stands for something defined before.

    file: as messages call it; no part of what the pipeline is. columns: of an input row, in order. key: the column
    whose text tells the streams apart. echo: columns whose text goes to the result row. window_features: what is
    computed of the window. features: columns, signals and window features that enter the network, in order.
    """

    file: str = field(repr=False, compare=False)
    columns: tuple[str, ...]
    key: str | None
    echo: tuple[str, ...]
    signals: tuple[Signal, ...]
    features: tuple[str, ...]
    window: Window
    after: tuple[After, ...]
    window_features: tuple[WindowFeature, ...] = ()

    @property
    def values(self) -> tuple[str, ...]:
        """The columns that are read as numbers, in the order of the columns."""
        read = {*self.features, *(name for step in (*self.signals, *self.window_features) for name in step.of)}
        return tuple(column for column in self.columns if column in read)

    @property
    def delay(self) -> int:
        """How many rows pass before every signal has a meaning; they put nothing into the window."""
        delays = dict.fromkeys(self.columns, 0)
        for signal in self.signals:
            delays[signal.name] = signal.delay + max(delays[name] for name in signal.of)
        return max(delays.values())

    @property
    def sizes(self) -> dict[str, int]:
        """How many values each of the features puts into the input: with window features, all of its window."""
        if not self.window_features:
            return dict.fromkeys(self.features, 1)
        counts: dict[str, int] = {}
        for feature in self.window_features:
            of_rows = self.window.length * len(feature.of)
            counts[feature.name] = feature.count(counts.get(feature.of[0], of_rows))
        return {name: counts.get(name, self.window.length) for name in self.features}

    @property
    def rhythm(self) -> str:
        """When an inference is due, in words: `first after 13 rows, then after every 2 rows`."""
        first, stride = self.window.length + self.delay, self.window.stride
        every = "after every row" if stride == 1 else f"after every {stride} rows"
        return every if first == stride else f"first after {first} row{'s'[: first > 1]}, then {every}"

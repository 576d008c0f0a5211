"""Operations by the name that the pipeline file calls them. Each registers itself where it is defined."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from typing import Generic, TypeVar

Step = TypeVar("Step")


class Registry(Mapping[str, type[Step]], Generic[Step]):
    """Operation name to class, in the order of the names."""

    def __init__(self) -> None:
        self._classes: dict[str, type[Step]] = {}

    def register(self, op: str) -> Callable[[type[Step]], type[Step]]:
        """Class decorator: makes the class known as `op`, and gives it that as its attribute `op`."""

        def enter(step: type[Step]) -> type[Step]:
            assert op not in self._classes, f"two classes for the operation {op}"
            step.op = op
            self._classes[op] = step
            return step

        return enter

    def __getitem__(self, op: str) -> type[Step]:
        return self._classes[op]

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._classes))

    def __len__(self) -> int:
        return len(self._classes)


def import_all(package: str, path: list[str]) -> None:
    """Imports every module of a package, so that a new operation is a new file and nothing else."""
    for module in sorted(info.name for info in pkgutil.iter_modules(path)):
        importlib.import_module(f"{package}.{module}")

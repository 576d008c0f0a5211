"""What others have published, from the CSV files of a suite, for the models of the suite."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from tools.bench.suite.results import Published
from tools.bench.suite.suite import Suite
from tools.bench.suite.variants import wrong_variant
from tools.yaml_file.problem import Problem, ProblemsError, shown

Row = Mapping[str, str]

_EDGEMARK = (
    "tool",
    "board",
    "toolchain_note",
    "model",
    "variant",
    "flash_net_kB",
    "ram_net_kB",
    "exec_ms_mean",
    "err_mae_mean",
)
_MLPERF = ("round", "division", "submitter", "system", "path_tail", "latency_ms", "energy_uJ")

_EDGEMARK_VARIANTS = {
    "q_dynamic": "dynamic",
    "q_full_int": "int8",
    "q_full_int_only": "int8_only",
    "q_16x8": "16x8",
    "q_16x8_int_only": "16x8_only",
}
"""Those whose names differ from ours."""

_NETWORKS = {
    "tinymlperf_ae": "ad",
    "tinymlperf_ds_cnn": "kws",
    "tinymlperf_resnet": "ic",
    "tinymlperf_mbnet": "vww",
    "anomaly_detection": "ad",
    "keyword_spotting": "kws",
    "image_classification": "ic",
    "visual_wake_words": "vww",
    "mlperf_ad": "ad",
    "mlperf_kws": "kws",
    "mlperf_ic": "ic",
    "mlperf_vww": "vww",
}
"""Other names of networks; names are compared in lower case."""

_MLPERF_NETWORKS = ("ad", "kws", "ic", "vww")


class PublishedError(ProblemsError):
    """Says all that is wrong with the files, one mistake a line."""


def read_published(suite: Suite) -> tuple[Published, ...]:
    """The published rows for the models of a suite, under the suite's names, and for those of its variants.

    A model is known by its name or that of its zoo description. Rows of variants that are none of ours, or of which the
    source does not say, are kept. Of EdgeMark: flash is .text and RAM .bss less those of the base program. Of MLPerf
    Tiny: the closed division, whose networks are the reference ones. Raises PublishedError.
    """
    names: dict[str, list[str]] = {}
    for model in suite.models:
        for name in dict.fromkeys(_network(name) for name in (model.name, model.zoo.stem if model.zoo else model.name)):
            names.setdefault(name, []).append(model.name)
    problems: list[Problem] = []
    rows = [row for path in suite.published for row in _rows(path, problems)]
    if problems:
        raise PublishedError(problems)
    return tuple(
        replace(row, model=name)
        for row in dict.fromkeys(rows)
        if row.variant in suite.variants or wrong_variant(row.variant)
        for name in names.get(row.model, ())
    )


def wrong_columns(path: Path) -> str | None:
    """What is wrong with the first line of a CSV file, if anything, and what is accepted."""
    try:
        with path.open(newline="", encoding="utf-8") as file:
            found = next(csv.reader(file), [])
    except (OSError, ValueError, csv.Error) as error:
        return f"cannot be read as CSV ({error})"
    if any(set(kind.columns) <= set(found) for kind in _KINDS):
        return None
    accepted = " or ".join(f"those of {kind.name} ({', '.join(kind.columns)})" for kind in _KINDS)
    return f"its columns are {', '.join(map(shown, found)) or 'none'}; accepted: {accepted}"


def _rows(path: Path, problems: list[Problem]) -> Iterator[Published]:
    if reason := wrong_columns(path):
        problems.append(Problem(path, 1, reason))
        return
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file, restval="")
        kind = next(kind for kind in _KINDS if set(kind.columns) <= set(reader.fieldnames or ()))
        try:
            for row in reader:
                try:
                    yield from kind.read(row)
                except _NumberError as error:
                    problems.append(Problem(path, reader.line_num, str(error)))
        except (ValueError, csv.Error) as error:
            problems.append(Problem(path, reader.line_num + 1, f"cannot be read as CSV ({error})"))


def _edgemark(row: Row) -> Iterator[Published]:
    yield Published(
        source="EdgeMark",
        tool=f"{row['tool']} ({row['toolchain_note']})",
        board=row["board"],
        model=_network(row["model"]),
        variant=_EDGEMARK_VARIANTS.get(row["variant"], row["variant"]),
        milliseconds=_number(row, "exec_ms_mean"),
        energy_uj=None,
        flash=_bytes(row, "flash_net_kB"),
        ram=_bytes(row, "ram_net_kB"),
        error=_number(row, "err_mae_mean"),
    )


def _mlperf(row: Row) -> Iterator[Published]:
    networks = [name for part in row["path_tail"].split("/") if (name := _network(part)) in _MLPERF_NETWORKS]
    if row["division"] == "closed" and networks:
        yield Published(
            source=f"MLPerf Tiny {row['round']}",
            tool=row["submitter"],
            board=row["system"],
            model=networks[0],
            variant="",
            milliseconds=_number(row, "latency_ms"),
            energy_uj=_number(row, "energy_uJ"),
            flash=None,
            ram=None,
            error=None,
        )


@dataclass(frozen=True)
class _Kind:
    """Of a file: the columns that are read; others may be there too."""

    name: str
    columns: tuple[str, ...]
    read: Callable[[Row], Iterator[Published]]


_KINDS = (_Kind("EdgeMark's results", _EDGEMARK, _edgemark), _Kind("MLPerf Tiny's results", _MLPERF, _mlperf))


class _NumberError(ValueError):
    """Says where there is no number."""


def _network(name: str) -> str:
    return _NETWORKS.get(name.lower(), name.lower())


def _number(row: Row, column: str) -> float | None:
    """None where the source has nothing."""
    text = row[column]
    try:
        number = float(text) if text else None
    except ValueError:
        number = math.inf
    if number is not None and not math.isfinite(number):
        raise _NumberError(f"{column} = {shown(text)}: a number, or nothing, is needed")
    return number


def _bytes(row: Row, column: str) -> int | None:
    """EdgeMark's kB are 1024 bytes: its totals in them are whole numbers of bytes."""
    kib = _number(row, column)
    return None if kib is None else round(kib * 1024)

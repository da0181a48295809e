"""Tables of published rows that no fit has seen: reading them, with every problem of a file at once."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path

from planner.data_files import database_dir
from planner.errors import InputError, Problem
from planner.latency.anchoring.possible import Timed
from planner.read_files import CsvTable, read_bounded_text
from planner.schema.fitted.later import LaterNames, LaterSetting, LaterSettings
from planner.schema.hardware.device import Precision
from planner.schema.reading.yaml_file import read_model
from planner.zoo.registry import names

METRICS = ("latency_ms", "throughput_fps")
NEEDED = ("device", "model", "engine", "metric", "value", "source")
UNITS = ("gpu", "dla", "npu", "cpu")
SHORTEST_S, LONGEST_S = 1e-6, 3600.0
_LARGEST = 65_536
"""Of a side, a batch or a count of threads."""


@dataclass(frozen=True, slots=True)
class LaterRow:
    """One published figure; None: the publisher does not say."""

    id: str
    line: int
    device: str
    unit: str | None
    mode: str | None
    model: str
    side: int | None
    """Of a square image."""
    precision: str | None
    batch: int
    threads: int | None
    engine: str
    metric: str
    value: float
    statistic: str
    source: str
    note: str
    trust: str

    @property
    def seconds(self) -> float:
        """Of one batch: its latency, or the interval between batches where a rate was published."""
        return self.value * 1e-3 if self.metric == "latency_ms" else self.batch / self.value


def later_files() -> tuple[Path, ...]:
    """The shipped tables, the oldest first; each is named by the day it came."""
    return tuple(sorted((database_dir() / "later").glob("rows-*.csv")))


def read_later(path: Path) -> tuple[LaterRow, ...]:
    """All rows of a table. Raises `InputError` with every problem of it; nothing is taken half."""
    table = CsvTable(read_bounded_text(path), path)
    missing = [name for name in NEEDED if name not in table.header]
    if missing:
        got = ", ".join(table.header) or "an empty file"
        raise InputError(str(path), [Problem("columns", ", ".join(NEEDED), got, f"add {', '.join(missing)}")])
    found: list[LaterRow] = []
    problems: list[Problem] = []
    for cells in table:
        row, against = _row(cells, table.line_num)
        problems += against
        if row is not None:
            found.append(row)
    if problems:
        raise InputError(str(path), problems)
    if not found:
        raise InputError(str(path), [Problem("rows", "at least one", "none")])
    return tuple(found)


def _row(cells: Mapping[str, str | None], line: int) -> tuple[LaterRow | None, list[Problem]]:
    text = {key: (cell or "").strip() for key, cell in cells.items() if isinstance(key, str)}
    problems = list(_problems(text, line))
    if problems:
        return None, problems
    row = LaterRow(
        id=text.get("id") or f"line-{line}",
        line=line,
        device=text["device"],
        unit=text.get("unit") or None,
        mode=text.get("mode") or None,
        model=text["model"].removeprefix("zoo:"),
        side=_whole(text.get("input", "")),
        precision=text.get("precision") or None,
        batch=_whole(text.get("batch", "")) or 1,
        threads=_whole(text.get("threads", "")),
        engine=text["engine"],
        metric=text["metric"],
        value=float(text["value"]),
        statistic=text.get("statistic", ""),
        source=text["source"],
        note=text.get("note", ""),
        trust=text.get("trust") or "B",
    )
    if not SHORTEST_S <= row.seconds <= LONGEST_S:
        problem = Problem(
            "value", "a time between 1 us and 1 h", f"{row.seconds:.3g} s", "check the unit", line
        )
        return None, [problem]
    return row, []


def _problems(text: Mapping[str, str], line: int) -> Iterator[Problem]:
    for name in NEEDED:
        if not text.get(name):
            yield Problem(name, "a value", "none", line=line)
    if text.get("metric") and text["metric"] not in METRICS:
        yield Problem("metric", " or ".join(METRICS), text["metric"], line=line)
    if text.get("unit") and text["unit"] not in UNITS:
        yield Problem("unit", ", ".join(UNITS), text["unit"], line=line)
    if text.get("precision") and text["precision"] not in set(Precision):
        yield Problem("precision", ", ".join(Precision), text["precision"], line=line)
    if text.get("value") and not _positive(text["value"]):
        yield Problem("value", "a number above zero", text["value"], line=line)
    for name in ("input", "batch", "threads"):
        if text.get(name) and _whole(text[name]) is None:
            yield Problem(name, f"a whole number from 1 to {_LARGEST:,}", text[name], line=line)


def _positive(text: str) -> bool:
    try:
        value = float(text)
    except ValueError:
        return False
    return math.isfinite(value) and value > 0


def _whole(text: str) -> int | None:
    # Short enough before it is made a number: Python makes none of thousands of digits.
    if not text.isdecimal() or len(text) > len(str(_LARGEST)) or not 1 <= int(text) <= _LARGEST:
        return None
    return int(text)


def timed(row: LaterRow) -> Timed:
    """A row as its time is checked: rates above the roofline are refused."""
    precision = None if row.precision is None else Precision(row.precision)
    network = network_of(row, None, frozenset(names())) or row.model
    return Timed(
        row.line,
        row.metric,
        network,
        row.device,
        row.unit,
        row.mode,
        precision,
        row.batch,
        row.seconds,
        row.side,
    )


@functools.cache
def _names() -> LaterNames:
    return read_model(database_dir() / "later" / "names.yaml", LaterNames)


@functools.cache
def settings() -> tuple[LaterSetting, ...]:
    """What rows most likely ran on where no column says it: `hardware_db/later/settings.yaml`."""
    return tuple(read_model(database_dir() / "later" / "settings.yaml", LaterSettings).settings)


def as_run(row: LaterRow) -> LaterRow:
    """The row with its likely part and threads; what a column says stays."""
    for item in settings():
        fields = ((row.device, item.device), (row.source, item.source), (row.note, item.note))
        if all(fnmatchcase(text, pattern) for text, pattern in fields):
            return replace(row, device=item.part or row.device, threads=row.threads or item.threads)
    return row


@functools.cache
def _zoo_names() -> Mapping[str, str]:
    return {alias.published: alias.name for alias in _names().models}


def version_of(row: LaterRow) -> str | None:
    """The version of the engine that a row ran; None where the engine's usual one is meant."""
    return next(
        (
            rule.version
            for rule in _names().versions
            if rule.engine == row.engine and fnmatchcase(row.source, rule.source)
        ),
        None,
    )


def network_of(row: LaterRow, networks: Path | None, known: frozenset[str]) -> str | None:
    """Where the network of a row is read from: a file of its name, or the zoo's; None where neither is."""
    if networks is not None and (file := networks / f"{row.model}.onnx").exists():
        return str(file)
    name = _zoo_names().get(row.model, row.model)
    return f"zoo:{name}" if name in known else None

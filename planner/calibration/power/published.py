"""Published watts of runs whose boundary is stated: reading the table, with every problem of it at once."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from planner.data_files import database_dir
from planner.errors import InputError, Problem
from planner.read_files import CsvTable, read_bounded_text
from planner.schema.fitted.power_model import PowerSplit
from planner.schema.hardware.device import Precision
from planner.schema.reading.yaml_file import read_model

Boundary = Literal["module", "board_input", "wall"]
"""Where the meter was: at the input of a module, card, stick or chip; at the input of its board or kit; at
the wall plug, with the power supply."""
NEEDED = ("device", "unit", "model", "power_w", "boundary", "publisher", "source")
LEAST_W, MOST_W = 1e-3, 1e5


@dataclass(frozen=True, slots=True)
class PublishedPower:
    """One published power of a run; None: the publisher does not say."""

    line: int
    device: str
    unit: str
    mode: str | None
    engine: str | None
    model: str
    side: int | None
    """Of a square image."""
    precision: str | None
    batch: int
    threads: int | None
    power_w: float
    boundary: Boundary
    idle_w: float | None
    """With nothing to do, at the same boundary."""
    latency_s: float | None
    """Of one batch, as published beside the power."""
    publisher: str
    source: str
    trust: str

    @property
    def energy_j(self) -> float | None:
        """Joules of one inference: the watts for the time of a batch over its inferences."""
        return None if self.latency_s is None else self.power_w * self.latency_s / self.batch


def published_file() -> Path:
    """The table that is shipped."""
    return database_dir() / "power" / "published.csv"


def power_split() -> PowerSplit:
    """Which publishers a fit may use, and which are left out whole."""
    return read_model(database_dir() / "power" / "left_out.yaml", PowerSplit)


def read_published(path: Path) -> tuple[PublishedPower, ...]:
    """All rows of a table. Raises `InputError` with every problem of it; nothing is taken half."""
    table = CsvTable(read_bounded_text(path), path)
    missing = [name for name in NEEDED if name not in table.header]
    if missing:
        got = ", ".join(table.header) or "an empty file"
        raise InputError(str(path), [Problem("columns", ", ".join(NEEDED), got, f"add {', '.join(missing)}")])
    rows = [
        (table.line_num, {key: (cell or "").strip() for key, cell in cells.items() if isinstance(key, str)})
        for cells in table
    ]
    problems = [problem for line, text in rows for problem in _problems(text, line)]
    if not rows:
        problems = [Problem("rows", "at least one", "none")]
    if problems:
        raise InputError(str(path), problems)
    return tuple(_row(text, line) for line, text in rows)


def _row(text: Mapping[str, str], line: int) -> PublishedPower:
    latency_ms = text.get("latency_ms")
    return PublishedPower(
        line=line,
        device=text["device"],
        unit=text["unit"],
        mode=text.get("mode") or None,
        engine=text.get("engine") or None,
        model=text["model"],
        side=int(text["side"]) if text.get("side") else None,
        precision=text.get("precision") or None,
        batch=int(text.get("batch") or 1),
        threads=int(text["threads"]) if text.get("threads") else None,
        power_w=float(text["power_w"]),
        boundary=_boundary(text["boundary"]),
        idle_w=float(text["idle_w"]) if text.get("idle_w") else None,
        latency_s=float(latency_ms) * 1e-3 if latency_ms else None,
        publisher=text["publisher"],
        source=text["source"],
        trust=text.get("trust") or "B",
    )


def _boundary(text: str) -> Boundary:
    return next(item for item in get_args(Boundary) if item == text)


def _problems(text: Mapping[str, str], line: int) -> Iterator[Problem]:
    for name in NEEDED:
        if not text.get(name):
            yield Problem(name, "a value", "none", line=line)
    if text.get("boundary") and text["boundary"] not in get_args(Boundary):
        yield Problem("boundary", ", ".join(get_args(Boundary)), text["boundary"], line=line)
    if text.get("precision") and text["precision"] not in set(Precision):
        yield Problem("precision", ", ".join(Precision), text["precision"], line=line)
    for name in ("power_w", "idle_w"):
        if text.get(name) and not LEAST_W <= _number(text[name]) <= MOST_W:
            expected = f"watts from {LEAST_W:g} to {MOST_W:g}"
            yield Problem(name, expected, text[name], "check the unit", line=line)
    if text.get("latency_ms") and not 0 < _number(text["latency_ms"]) < math.inf:
        yield Problem("latency_ms", "milliseconds above zero", text["latency_ms"], line=line)
    yield from _counts(text, line)


def _counts(text: Mapping[str, str], line: int) -> Iterator[Problem]:
    for name in ("side", "batch", "threads"):
        if text.get(name) and not (text[name].isdecimal() and 1 <= int(text[name][:9]) <= 65_536):
            yield Problem(name, "a whole number from 1 to 65,536", text[name], line=line)
    if text.get("idle_w") and text.get("power_w") and _number(text["idle_w"]) > _number(text["power_w"]):
        yield Problem("idle_w", f"no more than {text['power_w']} W at work", text["idle_w"], line=line)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan

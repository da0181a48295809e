"""What others measured: thousands of published latencies, rates and powers, as typed rows.

Rows are as published. Names are those of the catalogue and the zoo where `names.yaml` says that a publisher
means the same thing; `corrected=True` applies the reviewed list of known mistakes in `corrections.yaml`.
"""

from __future__ import annotations

import functools
import gc
import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from planner.data_files import database_dir
from planner.errors import InputError, Problem, UnknownIdError
from planner.hardware.measurement_file import MeasurementColumns, read_columns
from planner.schema.hardware.measurements import Correction, Corrections, Names
from planner.schema.reading.yaml_file import read_model

SI_UNITS: Mapping[str, tuple[str, float]] = {
    "latency_ms": ("s", 1e-3),
    "throughput_fps": ("per_s", 1.0),
    "power_w": ("w", 1.0),
    "energy_mj": ("j", 1e-3),
}
"""Metric -> dimension of its SI value and the factor from the published number."""

_CLUSTER = re.compile(r"\b(all|big|little) cores\b")


@dataclass(frozen=True, slots=True)
class Measurement:
    """One number that somebody published. None: the publisher does not say."""

    id: str
    part: str
    """The catalogue's id where the part is in it, else the publisher's name."""
    published_part: str
    power_mode: str | None
    unit: str
    """gpu, dla, npu, cpu, or mixed where several worked together."""
    engine: str
    engine_version: str | None
    model: str
    """The zoo's name where the network is in it, else the publisher's."""
    published_model: str
    input_shape: str | None
    precision: str | None
    precision_inferred: bool
    """Whether the precision was concluded and not stated."""
    batch: int | None
    streams_threads: int | None
    cluster: str | None
    """Which cores ran it on a part with two kinds: all, big or little."""
    metric: str
    statistic: str
    value: float
    """In the unit of `metric`, as published."""
    source: str
    note: str | None
    trust: str
    """A (peer reviewed) to C (do not calibrate on it)."""
    corrections: tuple[str, ...] = ()
    """Ids of the corrections that were applied to this row."""

    @property
    def value_si(self) -> float:
        """The value in seconds, per second, watts or joules."""
        return self.value * SI_UNITS[self.metric][1]

    @property
    def dimension(self) -> str:
        """Dimension of the value: s, per_s, w or j."""
        return SI_UNITS[self.metric][0]


@dataclass(frozen=True, slots=True)
class Selection:
    """Which measurements are wanted; shell patterns for names, None for any."""

    device: str | None = None
    model: str | None = None
    engine: str | None = None
    precision: str | None = None
    batch: int | None = None
    metric: str | None = None


@functools.cache
def read_measurements(*, corrected: bool = False) -> tuple[Measurement, ...]:
    """All published measurements; with `corrected`, without those known to mislead and the others repaired.

    Raises `MissingDataError` where the shipped file is absent, `InputError` for a list of names or
    corrections that does not fit the rows.
    """
    if corrected:
        return apply_corrections(read_measurements(), read_corrections())
    collecting = gc.isenabled()
    gc.disable()  # thousands of new objects, none of them garbage
    try:
        return tuple(_rows(read_columns()))
    finally:
        if collecting:
            gc.enable()


@functools.cache
def read_corrections() -> tuple[Correction, ...]:
    """The reviewed list of known mistakes in the published rows."""
    path = database_dir() / "measurements" / "corrections.yaml"
    return tuple(read_model(path, Corrections).corrections)


def select(rows: Iterable[Measurement], wanted: Selection) -> tuple[Measurement, ...]:
    """The rows that match; `UnknownIdError` for a pattern that leaves nothing of what the others chose."""
    chosen = list(rows)
    for kind, pattern, names in _patterns(wanted):
        known = {name for row in chosen for name in names(row)}
        if not any(fnmatchcase(name, pattern) for name in known):
            raise UnknownIdError(f"{kind} among these measurements", pattern, known)
        chosen = [row for row in chosen if any(fnmatchcase(name, pattern) for name in names(row))]
    return tuple(row for row in chosen if wanted.batch is None or row.batch == wanted.batch)


def apply_corrections(
    rows: Sequence[Measurement], corrections: Sequence[Correction]
) -> tuple[Measurement, ...]:
    """The rows without those excluded and with the others repaired, each saying which corrections it had.

    Raises `InputError` for a correction that touches no row.
    """
    ids = sorted(row.id for row in rows)
    excluded: set[str] = set()
    repairs: dict[str, list[Correction]] = {}
    problems: list[Problem] = []
    for correction in corrections:
        touched = _rows_of(correction, ids)
        if not touched:
            advice = "remove the correction or repair its ids"
            problems.append(Problem(correction.id, "ids of measurements", "no such row", advice))
        if correction.action == "exclude":
            excluded |= touched
        else:
            for row_id in touched:
                repairs.setdefault(row_id, []).append(correction)
    if problems:
        raise InputError("corrections.yaml", problems)
    return tuple(_repaired(row, repairs.get(row.id, ())) for row in rows if row.id not in excluded)


def rows_of(correction: Correction, ids: Iterable[str]) -> set[str]:
    """The ids that a correction names, ranges written out."""
    return _rows_of(correction, sorted(ids))


def _rows_of(correction: Correction, ordered: Sequence[str]) -> set[str]:
    named: set[str] = set()
    for text in correction.rows:
        low, _, high = text.partition("..")
        start, end = bisect_left(ordered, low), bisect_right(ordered, high or low)
        named.update(row_id for row_id in ordered[start:end] if _prefix(row_id) == _prefix(low))
    return named


def _prefix(row_id: str) -> str:
    return row_id.rpartition("-")[0]


def _repaired(row: Measurement, corrections: Iterable[Correction]) -> Measurement:
    for correction in corrections:
        if correction.set is None:
            continue
        changes = {name: value for name, value in correction.set if value is not None}
        if changes.get("streams_threads") == "unknown":
            changes["streams_threads"] = None
        power = changes.pop("value_times_batch", None)
        if power is not None and row.batch:
            changes["value"] = row.value * float(row.batch) ** power
        if "precision" in changes:
            changes["precision_inferred"] = True
        row = replace(row, **changes, corrections=(*row.corrections, correction.id))
    return row


def _patterns(
    wanted: Selection,
) -> list[tuple[str, str, Callable[[Measurement], tuple[str, ...]]]]:
    """Kind of name, the pattern asked for, and the names of a row that it may match."""
    patterns: list[tuple[str, str | None, Callable[[Measurement], tuple[str, ...]]]] = [
        ("device", wanted.device, lambda row: (row.part, row.published_part)),
        ("model", wanted.model, lambda row: (row.model, row.published_model)),
        ("engine", wanted.engine, lambda row: (row.engine,)),
        ("precision", wanted.precision, lambda row: (row.precision or "unknown",)),
        ("metric", wanted.metric, lambda row: (row.metric,)),
    ]
    return [(kind, pattern, names) for kind, pattern, names in patterns if pattern is not None]


def _rows(columns: MeasurementColumns) -> Iterable[Measurement]:
    names = read_model(database_dir() / "measurements" / "names.yaml", Names)
    parts = {alias.published: alias.name for alias in names.parts}
    models = {alias.published: alias.name for alias in names.models}
    texts = columns.texts
    return map(
        Measurement,
        texts["id"].text(),
        texts["part_id"].read(lambda word: parts.get(word, word)),
        texts["part_id"].text(),
        texts["power_mode"].read(_or_none),
        texts["unit"].text(),
        texts["engine"].text(),
        texts["engine_version"].read(_or_none),
        texts["model"].read(lambda word: models.get(word, word)),
        texts["model"].text(),
        texts["input_shape"].read(_or_none),
        texts["precision"].read(lambda word: _or_none(word.removesuffix("?"))),
        texts["precision"].read(lambda word: word.endswith("?")),
        texts["batch"].read(_count),
        texts["streams_threads"].read(_count),
        texts["note"].read(_cluster),
        texts["metric"].text(),
        texts["statistic"].text(),
        columns.values,
        texts["source"].text(),
        texts["note"].read(_or_none),
        texts["trust"].text(),
    )


def _or_none(word: str) -> str | None:
    return word or None


def _count(word: str) -> int | None:
    """A count where the publisher gives one number; `gpu:64/dla:32` is none."""
    number = word.removesuffix(" core")
    return int(number) if number.isdecimal() else None


def _cluster(note: str) -> str | None:
    found = _CLUSTER.search(note)
    return found.group(1) if found else None

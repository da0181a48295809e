"""Reading anchors: a list in YAML or CSV, or the record of `planner measure` or `planner import` as it is."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from planner.errors import InputError, Problem
from planner.read_files import CsvTable, read_bounded_text
from planner.schema.fitted.anchors import AnchorList, ImportedRecord, MeasuredRecord
from planner.schema.hardware.device import Precision
from planner.schema.reading.problems import KeyPath
from planner.schema.reading.yaml_file import (
    MAX_FILE_BYTES,
    Document,
    parse_document,
    read_document,
    validate,
)

_TOOL_ENGINES = {"trtexec": "tensorrt", "msprof": "acl"}
_COUNTS = ("batch", "threads")


@dataclass(frozen=True, slots=True)
class Anchor:
    """One measured latency; None where the file leaves it to the estimate."""

    network: str
    latency_s: float
    source: str
    """The file and what it calls the entry."""
    line: int | None = None
    device: str | None = None
    unit: str | None = None
    mode: str | None = None
    engine: str | None = None
    precision: Precision | None = None
    batch: int | None = None
    threads: int | None = None
    link: str | None = None
    """To the host; the one that the part asked about has unless given."""
    note: str = ""
    deviation: float = 0.0
    """Of the logarithm over its own repeats; 0 where the file has none."""
    cpu: str | None = None
    """The processor that it ran on, where the file names one and no part."""


@dataclass(frozen=True, slots=True)
class PowerReading:
    """One measured power, and the temperature that it settled at; None where the file leaves it open."""

    power_w: float
    source: str
    line: int | None = None
    network: str | None = None
    device: str | None = None
    unit: str | None = None
    mode: str | None = None
    precision: Precision | None = None
    batch: int | None = None
    temperature_c: float | None = None
    ambient_c: float | None = None
    busy: float | None = None
    """Share of the time that the unit was at work; all of it where that is not known (None)."""
    settled: bool = True
    """Whether the temperature stayed where it was."""


@dataclass(frozen=True, slots=True)
class Measurements:
    """What a file has of latencies, and of powers."""

    latencies: tuple[Anchor, ...]
    powers: tuple[PowerReading, ...] = ()


def read_anchors(path: Path) -> tuple[Anchor, ...]:
    """All latencies of a file; `InputError` with every problem of it, and for one that has none."""
    found = read_measurements(path).latencies
    if not found:
        problem = Problem("measurements", "a latency", "powers alone", "--measured takes powers")
        raise InputError(str(path), [problem])
    return found


def read_measurements(path: Path) -> Measurements:
    """All measurements of a file; `InputError` with every problem of it."""
    document = _csv_document(path) if path.suffix.lower() == ".csv" else read_document(path)
    values = document.values if isinstance(document.values, Mapping) else {}
    if "tool" in values:
        record = validate(document, ImportedRecord)
        if record.tool == "tegrastats":
            return Measurements((), (_logged(record, path),))
        return Measurements((_imported(record, path),))
    entries = values.get("measurements")
    first = entries[0] if isinstance(entries, list) and entries else None
    if isinstance(first, Mapping) and "timing" in first:
        return Measurements(_measured(validate(document, MeasuredRecord), path))
    return _listed(document, path)


def _listed(document: Document, path: Path) -> Measurements:
    latencies, powers = [], []
    for i, entry in enumerate(validate(document, AnchorList).measurements):
        line = document.line_of(("measurements", i))
        values = {name: getattr(entry, name) for name in _FACTS}
        if entry.latency_s is not None:
            latencies.append(Anchor(latency_s=entry.latency_s, source=str(path), line=line, **values))
        if entry.power_w is not None:
            own = {name: getattr(entry, name) for name in _POWER_FACTS}
            powers.append(PowerReading(entry.power_w, str(path), line, **own))
    return Measurements(tuple(latencies), tuple(powers))


_FACTS = ("network", "device", "unit", "mode", "engine", "precision", "batch", "threads", "link", "note")
_POWER_FACTS = ("network", "device", "unit", "mode", "precision", "batch", "temperature_c", "ambient_c")
_NO_JUNCTION = ("pmic_c",)
"""Says 100 degC at all times on boards before Orin."""
_SETTLED_K = 3.0
"""A junction that moved by more within a log had not settled."""


def _logged(record: ImportedRecord, path: Path) -> PowerReading:
    """The power of a whole board and its hottest junction from a log."""
    series = {item.name: item for item in record.series}
    power = series.get("board_w")
    if power is None or power.mean <= 0:
        problem = Problem("series", "`board_w`, the power of the whole board", "none", "log every rail")
        raise InputError(str(path), [problem])
    hottest = max(
        (item for name, item in series.items() if name.endswith("_c") and name not in _NO_JUNCTION),
        key=lambda item: item.mean,
        default=None,
    )
    busy = series.get("gpu_busy_share")
    return PowerReading(
        power.mean,
        str(path),
        network=record.model,
        unit=None if busy is None else "gpu",
        temperature_c=None if hottest is None else hottest.mean,
        busy=None if busy is None else min(1.0, max(0.0, busy.mean)),
        settled=hottest is None or hottest.high - hottest.low <= _SETTLED_K,
    )


def _measured(record: MeasuredRecord, path: Path) -> tuple[Anchor, ...]:
    found = [
        Anchor(
            network=entry.model,
            latency_s=entry.timing.median_s,
            source=str(path),
            engine=entry.engine,
            precision=entry.precision,
            batch=entry.batch,
            threads=entry.threads,
            note=f"measured on {entry.cpu}",
            deviation=_deviation(entry.timing.p10_s, entry.timing.p90_s),
            cpu=entry.cpu,
        )
        for entry in record.measurements
        if entry.timing is not None
    ]
    if not found:
        problem = Problem("measurements", "a network with a timing", "none that ran", "see their reasons")
        raise InputError(str(path), [problem])
    return tuple(found)


def _imported(record: ImportedRecord, path: Path) -> Anchor:
    problems = []
    if record.latency_s is None:
        advice = "for trtexec import the file of --exportTimes"
        problems.append(Problem("latency_s", "the latency of whole inferences", "none", advice))
    if record.model is None:
        advice = "import it again with --model"
        problems.append(Problem("model", "the network that was profiled", "none", advice))
    if problems or record.latency_s is None or record.model is None:
        raise InputError(str(path), problems)
    return Anchor(
        network=record.model,
        latency_s=record.latency_s.median,
        source=str(path),
        engine=_TOOL_ENGINES.get(record.tool, record.tool),
        note=f"profile of {record.tool}",
        deviation=_deviation(record.latency_s.p10, record.latency_s.p90),
    )


_DIGITS = 20
"""Of a count; Python makes no number of thousands of digits."""
_BETWEEN_TENTHS = 2.563
"""Standard deviations from the 10 to the 90 % quantile of a normal variable."""


def _deviation(p10: float | None, p90: float | None) -> float:
    """Of the logarithm of single runs: a later median may lie anywhere among them."""
    # Repeats drift together, so that the error of a median does not fall with their number.
    return math.log(p90 / p10) / _BETWEEN_TENTHS if p10 and p90 and p90 > p10 else 0.0


def _csv_document(path: Path) -> Document:
    """The rows of a CSV as the document that the same list in YAML would be; empty cells are left out."""
    text = read_bounded_text(path, MAX_FILE_BYTES)
    entries: list[dict[str, object]] = []
    lines: dict[KeyPath, int] = {}
    reader = CsvTable(text, path)
    for row in reader:
        lines["measurements", len(entries)] = reader.line_num
        entries.append(
            {key or "more columns than the header": _cell(key, cell) for key, cell in row.items() if cell}
        )
    plain = parse_document(json.dumps({"measurements": entries}), str(path))
    return Document(plain.file, plain.values, lines, plain.sha256, plain.problems)


def _cell(key: str | None, text: object) -> object:
    if key in _COUNTS and isinstance(text, str) and text.strip().isdecimal() and len(text) < _DIGITS:
        return int(text)
    return text

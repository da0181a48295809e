"""Logs of a rack in the field: latencies of requests, and power and temperature of one device.

Requests are a CSV with a line each: `stream`, which a plan with one stream can do without, and `latency_s` or
`latency_ms`, empty for a request that was dropped. Devices are logs of tegrastats, what `planner import`
makes of them, or a CSV with `power` and `temperature`, `ambient` where known.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

import numpy as np

from planner.arrays import Floats
from planner.engines.imports import tegrastats
from planner.engines.imports.heat_log import read_heat_log
from planner.engines.imports.profile import EngineProfile
from planner.errors import InputError, Problem
from planner.latency.anchoring.file import PowerReading, read_measurements
from planner.read_files import CsvTable, read_bounded_text

_MOST_BYTES = 500_000_000
_MOST_PROBLEMS = 20
_UNITS = {"latency_s": 1.0, "latency_ms": 1e-3}
_HOTTEST = ("tj_c", "gpu_c", "cpu_c", "thermal_c")


@dataclass(frozen=True, slots=True)
class StreamLog:
    """Requests of one stream: seconds of those that were answered, infinite for those that were dropped."""

    stream: str
    source: str
    latency_s: Floats


@dataclass(frozen=True, slots=True)
class DeviceLog:
    """Mean power of one device, and its hottest junction at the end of the log; None where not logged."""

    source: str
    power_w: float | None
    temperature_c: float | None
    ambient_c: float | None
    samples: int


FieldLog = StreamLog | DeviceLog


def read_field_log(path: Path, streams: Sequence[str]) -> tuple[FieldLog, ...]:
    """What a log says, whatever tool wrote it; `InputError` with every problem of the file."""
    if path.suffix.lower() == ".csv":
        text = read_bounded_text(path, _MOST_BYTES)
        header = tuple(name.strip().lower() for name in CsvTable(text, path).header)
        if any(name in header for name in _UNITS):
            return _requests(CsvTable(text, path), path, streams)
        log = read_heat_log("csv", path)
        air_c = fmean(log.ambient_c) if log.ambient_c else None
        # Temperatures rise for a while after the start: the last quarter is what the part came to.
        settled = log.temperature_c[-max(1, len(log.temperature_c) // 4) :]
        return (DeviceLog(str(path), fmean(log.power_w), fmean(settled), air_c, len(log.time_s)),)
    if path.suffix.lower() in (".json", ".yaml", ".yml"):
        found = read_measurements(path).powers
        if not found:
            raise _refused(path, "a log of power", "latencies of a benchmark: --measured takes these")
        return tuple(_of_reading(reading) for reading in found)
    return (_of_profile(tegrastats.read([path]), path),)


def _of_reading(reading: PowerReading) -> DeviceLog:
    return DeviceLog(reading.source, reading.power_w, reading.temperature_c, reading.ambient_c, 1)


def _of_profile(profile: EngineProfile, path: Path) -> DeviceLog:
    series = {item.name: item for item in profile.series}
    power = series.get("board_w")
    hottest = next((series[name] for name in _HOTTEST if name in series), None)
    samples = max((item.samples for item in profile.series), default=0)
    return DeviceLog(
        str(path),
        None if power is None else power.mean,
        None if hottest is None else hottest.high,
        None,
        samples,
    )


def _requests(table: CsvTable, path: Path, streams: Sequence[str]) -> tuple[FieldLog, ...]:
    names = {name.strip().lower(): name for name in table.header}
    column = next(name for name in _UNITS if name in names)
    found: dict[str, list[float]] = defaultdict(list)
    problems: list[Problem] = []
    for row in table:
        stream = str(row.get(names.get("stream", ""), "") or "").strip()
        if not stream and len(streams) == 1:
            stream = streams[0]
        if stream not in streams:
            known = ", ".join(streams)
            problems.append(Problem("stream", f"one of {known}", stream or "none", "", table.line_num))
        text = str(row.get(names[column], "") or "").strip()
        seconds = _seconds(text, _UNITS[column])
        if seconds is None:
            problems.append(Problem(column, "a time above zero, or empty", text, "", table.line_num))
        elif stream in streams:
            found[stream].append(seconds)
        if len(problems) >= _MOST_PROBLEMS:
            break
    if problems:
        raise InputError(str(path), problems)
    if not found:
        raise _refused(path, "a line for each request", "none")
    return tuple(StreamLog(name, str(path), np.sort(np.array(values))) for name, values in found.items())


def _seconds(text: str, unit_s: float) -> float | None:
    if not text:
        return math.inf
    try:
        value = float(text) * unit_s
    except ValueError:
        return None
    return value if 0.0 < value < math.inf else None


def _refused(path: Path, expected: str, got: str) -> InputError:
    return InputError(str(path), [Problem("file", expected, got)])

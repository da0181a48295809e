"""The text that trtexec prints, of TensorRT 7 to 10: the summary of a run and the table of `--dumpProfile`.

The summary says `Latency: min = 1.69 ms, ..., median = 1.73 ms, percentile(90%) = 1.78 ms` and the same of
`GPU Compute Time`; TensorRT 7 has `median: 1.73 ms` under a heading of its own. The table has a column of
names, the last in TensorRT 10 and the first before.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from planner.engines.imports.profile import ProfileLatency, ProfileLayer, refuse
from planner.engines.imports.readings import Readings

_MARK = re.compile(r"TensorRT\.trtexec|trtexec .*--|=== (Performance summary|Trace Averages|Profile)")
_PREFIX = re.compile(r"^(\[[^\]]*\] )*\[I\] ?")
_LATENCY = re.compile(r"^(?:Latency|end to end|Host Latency|host latency)\b", re.IGNORECASE)
_DEVICE = re.compile(r"^(?:GPU Compute(?: Time)?|GPU latency)\b", re.IGNORECASE)
_MEDIAN = re.compile(r"median\s*[=:]\s*([\d.]+) ms")
_NINETY = re.compile(r"percentile\(90%\)\s*[=:]\s*([\d.]+) ms")
_THROUGHPUT = re.compile(r"throughput:\s*([\d.]+)\s*qps", re.IGNORECASE)
_PROFILE = re.compile(r"=== Profile \((\d+) iterations")
_NUMBERS_FIRST = re.compile(r"^\s*([\d.]+)\s+([\d.]+)\s+([\d.]+)(?:\s+([\d.]+))?\s+(\S.*)$")
_NAME_FIRST = re.compile(r"^\s*(\S.*?)\s+([\d.]+)\s+([\d.]+)(?:\s+([\d.]+))?\s+([\d.]+)\s*$")


@dataclass(frozen=True, slots=True)
class TrtexecLog:
    """What a log says; None or empty where it does not."""

    latency_s: ProfileLatency | None
    device_s: ProfileLatency | None
    throughput_per_s: float | None
    layers: tuple[ProfileLayer, ...]
    notes: tuple[str, ...]


def is_log(text: str) -> bool:
    """Whether a text is what trtexec prints."""
    return _MARK.search(text) is not None and not text.lstrip().startswith("{")


def read_log(path: Path, text: str) -> TrtexecLog:
    """The summary of the last run in the log, and its profile; a log of a failed build is refused."""
    readings = Readings(path)
    lines = [_PREFIX.sub("", line) for line in text.splitlines()]
    latency = _summary(lines, _LATENCY, readings)
    device = _summary(lines, _DEVICE, readings)
    rates = [found[1] for line in lines if (found := _THROUGHPUT.search(line))]
    layers = tuple(_layers(lines, readings))
    readings.finish()
    if latency is None and device is None and not layers:
        failed = "&&&& FAILED" in text
        got = "a build that failed" if failed else "none"
        raise refuse(path, "a summary with a latency", got, "run trtexec to its end")
    version = re.search(r"TensorRT v(\d+)", text)
    notes = (f"TensorRT {_version(version[1])}",) if version else ()
    return TrtexecLog(latency, device, float(rates[-1]) if rates else None, layers, notes)


def _version(digits: str) -> str:
    """`8502` is 8.5.2 and `100300` is 10.3.0."""
    number = int(digits)
    major, rest = divmod(number, 1000) if number < 10_000 else divmod(number, 10_000)
    minor, patch = divmod(rest, 100)
    return f"{major}.{minor}.{patch}"


def _summary(lines: Sequence[str], heading: re.Pattern[str], readings: Readings) -> ProfileLatency | None:
    """The quantiles on the last line of this heading, or on those below it (TensorRT 7)."""
    found = None
    for place, line in enumerate(lines):
        if not heading.match(line):
            continue
        near = line if _MEDIAN.search(line) else " ".join(lines[place : place + 6])
        median, ninety = _MEDIAN.search(near), _NINETY.search(near)
        if median:
            at = readings.seconds(median[1], "median", 1e-3, line=place + 1)
            p90 = readings.seconds(ninety[1], "percentile(90%)", 1e-3, line=place + 1) if ninety else None
            found = ProfileLatency(at, None, p90, None)
    return found


def _layers(lines: Sequence[str], readings: Readings) -> Iterator[ProfileLayer]:
    """The rows of the profile: total, mean, median (since TensorRT 8.4) and share, beside the name."""
    start = next((place for place, line in enumerate(lines) if _PROFILE.search(line)), None)
    if start is None:
        return
    for number, line in enumerate(lines[start + 1 :], start=start + 2):
        first, last = _NUMBERS_FIRST.match(line), _NAME_FIRST.match(line)
        if first:
            name, mean = first[5], first[2]
        elif last:
            name, mean = last[1], last[3]
        elif line.startswith("==="):
            return
        else:
            continue
        if name.strip() == "Total":
            return
        yield ProfileLayer(name.strip(), readings.seconds(mean, "average", 1e-3, line=number))

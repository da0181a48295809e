"""Power and temperature over time: a log of tegrastats, or a CSV file with a column of each.

Columns of a CSV file: `time` in seconds, `power` in watts, `temperature` in degC, and where known `ambient`
in degC, `fan`, its speed as a share, per cent or PWM of 255, and `load`. Units may follow: `power_w`.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path

from planner.engines.imports.profile import read_text, refuse
from planner.engines.imports.tegrastats import samples_of

LEAST_SAMPLES = 30
_STAMP = re.compile(r"^(\d{2}-\d{2}-\d{4} \d{2}:\d{2}:\d{2})")
_DIES = ("tj_c", "gpu_c", "cpu_c", "thermal_c", "bcpu_c", "ao_c")
"""What tegrastats calls the die, the best first."""
_COLUMNS = {
    "time": ("time", "time_s", "seconds", "t", "t_s"),
    "power": ("power", "power_w", "watts", "w"),
    "temperature": ("temperature", "temperature_c", "temp", "temp_c", "die_c", "junction_c", "tj_c"),
    "ambient": ("ambient", "ambient_c", "inlet", "inlet_c", "air_c", "room_c"),
    "fan": ("fan", "fan_ratio", "fan_speed", "fan_percent", "pwm", "fan_pwm"),
    "load": ("load", "busy", "busy_share", "utilisation", "gpu_busy_share"),
}


@dataclass(frozen=True, slots=True)
class HeatLog:
    """A log with as many values of each as samples; ambient and fan where the log has them."""

    file: str
    time_s: tuple[float, ...]
    power_w: tuple[float, ...]
    temperature_c: tuple[float, ...]
    ambient_c: tuple[float, ...] = ()
    fan_ratio: tuple[float, ...] = ()
    load: tuple[float, ...] = ()
    """How busy the part was, as a share, to tell leakage from work."""
    notes: tuple[str, ...] = ()


def read_heat_log(tool: str, path: Path, interval_s: float | None = None) -> HeatLog:
    """The log of a tool, `tegrastats` or `csv`; `interval_s` of one without times."""
    log = _tegrastats(path, interval_s) if tool == "tegrastats" else _csv(path, interval_s)
    if len(log.time_s) < LEAST_SAMPLES:
        raise refuse(path, f"{LEAST_SAMPLES} samples or more", str(len(log.time_s)), "log some minutes")
    if not all(later > earlier for earlier, later in pairwise(log.time_s)):
        raise refuse(path, "times that rise from sample to sample", "others", "sort them, or log once")
    return log


def _tegrastats(path: Path, interval_s: float | None) -> HeatLog:
    times, powers, dies, loads = [], [], [], []
    start: datetime | None = None
    stamped = True
    for line in read_text(path).splitlines():
        values = dict(samples_of(line))
        if not values:
            continue
        die = next((values[name] for name in _DIES if name in values), None)
        if "board_w" not in values or die is None:
            what = "power of the board" if "board_w" not in values else "temperature of the die"
            raise refuse(path, f"the {what} in every line", line[:60], "log as root, with all rails")
        found = _STAMP.match(line)
        stamped &= found is not None
        if found:
            at = datetime.strptime(found[1], "%m-%d-%Y %H:%M:%S")
            start = start or at
            times.append((at - start).total_seconds())
        powers.append(values["board_w"])
        dies.append(die)
        loads.append(values.get("gpu_busy_share", -1.0))
    notes: tuple[str, ...] = ()
    if not stamped or len(set(times)) < len(times):
        step_s = interval_s or 1.0
        times = [step_s * number for number in range(len(powers))]
        if interval_s is None:
            notes = ("the log has no times: one line a second is assumed (--interval says another)",)
    known = tuple(loads) if loads and min(loads) >= 0 else ()
    return HeatLog(path.name, tuple(times), tuple(powers), tuple(dies), load=known, notes=notes)


def _csv(path: Path, interval_s: float | None) -> HeatLog:
    rows = list(csv.reader(io.StringIO(read_text(path))))
    rows = [row for row in rows if row and not row[0].lstrip().startswith("#")]
    if len(rows) < 2:
        raise refuse(path, "a line of names and lines of numbers", "none", "time, power, temperature")
    names = [name.strip().lower() for name in rows[0]]
    places = {
        kind: next((names.index(name) for name in spelled if name in names), None)
        for kind, spelled in _COLUMNS.items()
    }
    missing = [kind for kind in ("power", "temperature") if places[kind] is None]
    if places["time"] is None and interval_s is None:
        missing.insert(0, "time")
    if missing:
        got = ", ".join(names)
        raise refuse(path, f"a column {' and a column '.join(missing)}", got, "name it in the first line")
    found = {
        kind: _numbers(path, rows[1:], place, names[place])
        for kind, place in places.items()
        if place is not None
    }
    times = found.get("time") or tuple((interval_s or 0.0) * n for n in range(len(rows) - 1))
    ambient, fan, load = (found.get(name, ()) for name in ("ambient", "fan", "load"))
    return HeatLog(path.name, times, found["power"], found["temperature"], ambient, _share(fan), _share(load))


def _numbers(path: Path, rows: Sequence[Sequence[str]], place: int, name: str) -> tuple[float, ...]:
    values = []
    for number, row in enumerate(rows, 2):
        try:
            value = float(row[place])
        except (IndexError, ValueError):
            value = math.nan
        if not math.isfinite(value):
            got = row[place] if place < len(row) else "nothing"
            raise refuse(path, f"a number under {name!r} in line {number}", repr(got), "leave out such lines")
        values.append(value)
    return tuple(values)


def _share(speeds: tuple[float, ...]) -> tuple[float, ...]:
    """As a share of the whole: PWM of 255 above a hundred, per cent above one."""
    if not speeds:
        return ()
    most = max(speeds)
    whole = 255.0 if most > 100 else 100.0 if most > 1 else 1.0
    return tuple(min(1.0, speed / whole) for speed in speeds)

"""Whether the database holds together: ids, sources, engines, physics, and the schema for editors."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from planner.data_files import database_dir
from planner.errors import InputError, Problem
from planner.hardware.catalog import device_ids, engine_ids, read_device, read_engine
from planner.schema.device import ComputeUnit, Device
from planner.schema.engine import Engine
from planner.schema.json_schema import json_schema
from planner.schema.quantity import numbers_in

PEAK_TOLERANCE = 0.03
"""Vendors round their peaks; a bigger gap to operations per clock x partitions x clock is a mistake."""
USUAL_INLET_C = 25.0
HOT_INLET_C = 35.0
"""Upper end of the inlet that ASHRAE class A2 allows."""
TIME_CONSTANT_S = (30.0, 400.0)
"""Heat sinks settle within minutes; outside of this a resistance or capacity is mistyped."""


@dataclass(frozen=True, slots=True)
class DatabaseCheck:
    """What was looked at and what was found."""

    files: int
    numbers: int
    problems: tuple[Problem, ...]


def check_database() -> DatabaseCheck:
    """Read every part and engine and check what no single file can know; all problems at once."""
    problems: list[Problem] = []
    numbers = 0
    engines: dict[str, Engine] = {}
    for engine_id in engine_ids():
        try:
            engines[engine_id] = read_engine(engine_id)
        except InputError as error:
            problems += _unreadable(error)
    for engine in engines.values():
        numbers += sum(1 for _ in numbers_in(engine))
        problems += _at(f"engines/{engine.id}.yaml", _orphan_sources(engine))
    for device_id in device_ids():
        try:
            device = read_device(device_id)
        except InputError as error:
            problems += _unreadable(error)
            continue
        numbers += sum(1 for _ in numbers_in(device))
        problems += _at(f"devices/{device_id}.yaml", check_device(device, engines))
    problems += _schema_problems()
    return DatabaseCheck(len(device_ids()) + len(engine_ids()), numbers, tuple(problems))


def check_device(device: Device, engines: dict[str, Engine]) -> Iterator[Problem]:
    """Problems of one part that was read without any."""
    yield from _orphan_sources(device)
    for unit_id, unit in device.units.items():
        yield from _engine_problems(unit_id, unit, engines)
        yield from _peak_problems(unit_id, unit)
        yield from _ceiling_problems(unit_id, unit)
    yield from _memory_problems(device)
    yield from _monotony_problems(device)
    yield from _thermal_problems(device)


def device_json_schema() -> dict[str, Any]:
    """The JSON Schema of a device file, the text of `hardware_db/schema/device.json`."""
    return json_schema(Device, "A part of the hardware database")


def _unreadable(error: InputError) -> list[Problem]:
    name = "/".join(Path(error.source).parts[-2:])
    return list(_at(name, error.problems))


def _at(name: str, problems: Iterator[Problem] | tuple[Problem, ...]) -> Iterator[Problem]:
    for problem in problems:
        where = f"{name}: {problem.where}"
        yield Problem(where, problem.expected, problem.got, problem.advice, problem.line)


def _orphan_sources(entry: Device | Engine) -> Iterator[Problem]:
    used = {item.number.source for item in numbers_in(entry)}
    if isinstance(entry, Device):
        used |= {other.source for item in entry.contradictions for other in item.others}
    for source in entry.sources:
        if source not in used:
            yield Problem(f"sources.{source}", "a source that a number names", "no use of it", "remove it")


def _engine_problems(unit_id: str, unit: ComputeUnit, engines: dict[str, Engine]) -> Iterator[Problem]:
    for engine_id in unit.engines:
        where = f"units.{unit_id}.engines"
        if engine_id not in engines:
            yield Problem(where, f"one of {', '.join(engines)}", engine_id, "add the engine's file")
        elif unit.kind not in engines[engine_id].units:
            advice = f"add `{unit.kind}` to engines/{engine_id}.yaml"
            yield Problem(where, f"an engine with costs on a {unit.kind}", engine_id, advice)


def _peak_problems(unit_id: str, unit: ComputeUnit) -> Iterator[Problem]:
    for precision, rate in unit.ops_per_clock.items():
        for mode, peak in unit.peaks_ops_per_s.get(precision, {}).items():
            if mode not in unit.active or mode not in unit.clocks_hz:
                continue
            product = rate.value * unit.active[mode].value * unit.clocks_hz[mode].value
            if abs(peak.value / product - 1) > PEAK_TOLERANCE:
                where = f"units.{unit_id}.peaks.{precision.value}.{mode}"
                expected = f"about {product:.4g} operations per second (per clock x partitions x clock)"
                yield Problem(where, expected, f"{peak.value:.4g}")
    for precision, by_mode in unit.sparse_peaks_ops_per_s.items():
        for mode, sparse in by_mode.items():
            dense = unit.peaks_ops_per_s[precision][mode].value
            if not dense <= sparse.value <= 2 * dense * (1 + PEAK_TOLERANCE):
                where = f"units.{unit_id}.sparse_peaks.{precision.value}.{mode}"
                yield Problem(where, f"one to two times the dense {dense:.4g}", f"{sparse.value:.4g}")


def _ceiling_problems(unit_id: str, unit: ComputeUnit) -> Iterator[Problem]:
    for precision, by_mode in unit.ceilings_ops_per_s.items():
        for mode, ceiling in by_mode.items():
            peak = unit.peaks_ops_per_s[precision][mode].value
            if ceiling.value > peak:
                where = f"units.{unit_id}.ceilings.{precision.value}.{mode}"
                yield Problem(where, f"at most the peak of {peak:.4g}", f"{ceiling.value:.4g}")


def _memory_problems(device: Device) -> Iterator[Problem]:
    memory = device.memory
    for mode, ceiling in memory.ceilings_bytes_per_s.items():
        bandwidth = memory.bandwidth_bytes_per_s[mode].value
        if ceiling.value > bandwidth:
            where = f"memory.ceilings.{mode}"
            yield Problem(where, f"at most the bandwidth of {bandwidth:.4g}", f"{ceiling.value:.4g}")
    if memory.reserved_bytes is not None and memory.reserved_bytes.value >= memory.capacity_bytes.value:
        yield Problem("memory.reserved", "less than the capacity", f"{memory.reserved_bytes.value:.4g}")


def _monotony_problems(device: Device) -> Iterator[Problem]:
    """A mode with a higher limit is no slower on the part's first unit, which is the one it is bought for.

    Other units may be: Xavier's desktop mode nearly stops the DLA, and modes with few fast cores exist.
    """
    unit_id, unit = next(iter(device.units.items()))
    by_limit = sorted(device.modes, key=lambda mode: mode.power_limit_w.value)
    tables = {
        f"units.{unit_id}.peaks.{precision.value}": by_mode
        for precision, by_mode in unit.peaks_ops_per_s.items()
    }
    tables["memory.bandwidth"] = device.memory.bandwidth_bytes_per_s
    for lower, upper in pairwise(by_limit):
        if lower.power_limit_w.value == upper.power_limit_w.value:
            continue
        for where, table in tables.items():
            if table[upper.id].value < table[lower.id].value * (1 - PEAK_TOLERANCE):
                expected = f"at least that of {lower.id}, which has a lower limit"
                yield Problem(f"{where}.{upper.id}", expected, f"{table[upper.id].value:.4g}")


def _thermal_problems(device: Device) -> Iterator[Problem]:
    thermal = device.thermal
    resistance = thermal.resistance_k_per_w.value
    for mode in device.modes:
        rise_k = resistance * mode.power_limit_w.value
        if USUAL_INLET_C + rise_k >= thermal.shutdown_c.value:
            expected = f"under {thermal.shutdown_c.value:g} degC at the limit of {mode.id} and 25 degC inlet"
            yield Problem("thermal.resistance", expected, f"{USUAL_INLET_C + rise_k:.1f} degC")
        if mode.default and HOT_INLET_C + rise_k >= thermal.throttle_c.value:
            expected = f"under {thermal.throttle_c.value:g} degC at the limit of {mode.id} and 35 degC inlet"
            yield Problem("thermal.resistance", expected, f"{HOT_INLET_C + rise_k:.1f} degC")
    time_constant_s = resistance * thermal.heat_capacity_j_per_k.value
    low, high = TIME_CONSTANT_S
    if not low <= time_constant_s <= high:
        expected = f"a time constant of {low:g} to {high:g} s with the resistance"
        yield Problem("thermal.heat_capacity", expected, f"{time_constant_s:.1f} s")


def _schema_problems() -> Iterator[Problem]:
    path = database_dir() / "schema" / "device.json"
    shipped = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None
    if shipped != device_json_schema():
        got = "an older text" if path.is_file() else "no such file"
        yield Problem("schema/device.json", "the schema of this version", got, "write it anew")

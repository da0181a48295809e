"""Published rows matched to a network of the zoo, a unit of a part in a mode, and an engine, or why not.

The rules are data (`hardware_db/transfers/join.yaml`); rows are taken as corrected. Nothing is guessed: a row
whose batch, mode or threads are not known is left out with that reason.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from planner.hardware.catalog import device_ids, engine_ids, read_device
from planner.hardware.measurements import Measurement, read_measurements
from planner.latency.transfer.store import join_rules
from planner.schema.fitted.transfer_join import JoinRules
from planner.schema.hardware.device import ComputeUnit, Device, Precision
from planner.schema.hardware.measurements import Alias
from planner.zoo.registry import names

TOP_MODES = ("MAXN_SUPER", "MAXN")


@dataclass(frozen=True, slots=True)
class Matched:
    """One published latency, with everything that an estimate needs to be compared with it."""

    id: str
    model: str
    shape: str
    device: str
    unit: str
    mode: str
    unit_hz: float | None
    """Clock of the unit where the publisher set one of its own, else None."""
    memory_hz: float | None
    engine: str
    precision: Precision
    batch: int
    threads: int | None
    latency_s: float
    profile: str
    trust: str
    engine_version: str | None = None
    """As far as the publisher says or the rules know; None: the engine's usual one."""
    own_kernels: bool = False
    """Whether the publisher built the network anew with fused kernels of his own."""


@dataclass(frozen=True, slots=True)
class Unmatched:
    """A row that was not used, and why."""

    id: str
    engine: str
    reason: str


@dataclass(frozen=True, slots=True)
class Join:
    """All rows with a latency or a rate: those matched, and the others with reasons."""

    matched: tuple[Matched, ...]
    unmatched: tuple[Unmatched, ...]

    def reasons(self) -> list[tuple[str, int]]:
        """How many rows each reason left out, most first."""
        return Counter(row.reason for row in self.unmatched).most_common()


def caller_of(profile: str) -> str:
    """The program around the engine that is in the figures of a profile; empty for the engine alone."""
    return profile if any(item.caller for item in join_rules().profiles if item.id == profile) else ""


def bare_heads(profile: str) -> bool:
    """Whether networks of a profile were timed without what decodes their last products."""
    return any(item.bare_heads for item in join_rules().profiles if item.id == profile)


def join(rows: Iterable[Measurement] | None = None) -> Join:
    """Match every row that is a latency or a rate of inferences."""
    matched: list[Matched] = []
    unmatched: list[Unmatched] = []
    known = _Known(frozenset(device_ids()), frozenset(names()), frozenset(engine_ids()))
    for row in read_measurements(corrected=True) if rows is None else rows:
        if row.metric not in ("latency_ms", "throughput_fps"):
            continue
        found = _match(row, known)
        if isinstance(found, Matched):
            matched.append(found)
        else:
            unmatched.append(Unmatched(row.id, row.engine, found))
    return Join(tuple(matched), tuple(unmatched))


@dataclass(frozen=True, slots=True)
class _Known:
    parts: frozenset[str]
    networks: frozenset[str]
    engines: frozenset[str]


def _match(row: Measurement, known: _Known) -> Matched | str:
    """The match, or the reason against it."""
    rules = join_rules()
    engine = _renamed(row.engine, rules.engines)
    prefix = row.id.partition("-")[0]
    left_out = next((rule.reason for rule in rules.left_out if rule.rows == prefix), None)
    unfit = next(
        (
            rule.reason
            for rule in rules.left_out_networks
            if any(fnmatchcase(row.model, pattern) for pattern in rule.names)
        ),
        None,
    )
    later = next((rule.reason for rule in rules.left_out_parts if row.part in rule.names), None)
    # The first reason counts, so that reasons add up to the rows left out.
    for refused, reason in (
        (left_out is not None, left_out or ""),
        (unfit is not None, unfit or ""),
        (row.statistic not in rules.statistics, "a percentile of a run whose mean is there"),
        (row.trust.startswith("C"), "trust C: known to mislead or too noisy"),
        (row.part not in known.parts, "the part is not in the catalogue"),
        (later is not None, later or ""),
        (row.model not in known.networks, "the network is not in the zoo"),
        (engine not in known.engines, "the engine is not in the database"),
        (row.unit == "mixed", "several units at once"),
        (row.batch is None, "no batch is given"),
        (row.precision is None, "no precision is given"),
    ):
        if refused:
            return reason
    return _on_part(row, engine, read_device(row.part), rules)


def _on_part(row: Measurement, engine: str, device: Device, rules: JoinRules) -> Matched | str:
    unit = _unit_of(row, device)
    if unit is None:
        return "the catalogue's part has no such unit"
    if engine not in device.units[unit].engines:
        return "the catalogue does not run that engine on that unit"
    precision = _renamed(row.precision or "", rules.precisions)
    if precision not in set(Precision):
        return "a precision that mixes formats"
    unit_hz, memory_hz = _clocks(row, rules)
    mode = _top_mode(device) if unit_hz else _mode_of(row, device, rules)
    if mode is None:
        return "a power mode that the catalogue does not know"
    threads = _threads(row, device.units[unit], mode)
    if isinstance(threads, str):
        return threads
    batch = row.batch or 1
    at_once = instances_at_once(row, device.units[unit])
    return Matched(
        row.id, row.model, row.input_shape or "", device.id, unit, mode, unit_hz, memory_hz, engine,
        Precision(precision), batch, threads,
        row.value_si if row.metric == "latency_ms" else at_once * batch / row.value_si,
        _profile(row.id, rules), row.trust, _version(row, engine, rules), _own_kernels(row, rules),
    )  # fmt: skip


def _version(row: Measurement, engine: str, rules: JoinRules) -> str | None:
    """The version of the engine that was measured, by the first rule that knows it."""
    for rule in rules.engine_versions:
        if rule.engine != engine:
            continue
        if rule.rows is not None and row.id.partition("-")[0] == rule.rows:
            return rule.version
        found = re.search(rule.published, row.engine_version or "") if rule.published else None
        if found:
            return rule.version or found.group(1)
    return None


def _own_kernels(row: Measurement, rules: JoinRules) -> bool:
    return any(
        rule.rows == row.id.partition("-")[0] and any(fnmatchcase(row.model, name) for name in rule.networks)
        for rule in rules.own_kernels
    )


def instances_at_once(row: Measurement, unit: ComputeUnit) -> int:
    """How many instances of the unit made the rate: streams on a DLA, one to an instance."""
    if unit.kind != "dla" or row.streams_threads is None:
        return 1
    return min(row.streams_threads, unit.count.value)


def _renamed(name: str, aliases: Iterable[Alias]) -> str:
    return next((alias.name for alias in aliases if alias.published == name), name)


def _profile(row_id: str, rules: JoinRules) -> str:
    prefix = row_id.partition("-")[0]
    return next((profile.id for profile in rules.profiles if prefix in profile.rows), prefix)


def _unit_of(row: Measurement, device: Device) -> str | None:
    fitting = [unit_id for unit_id, unit in device.units.items() if unit.kind == row.unit]
    if row.cluster == "little" and len(fitting) > 1:
        return next((unit_id for unit_id in fitting if unit_id.endswith("_little")), None)
    return fitting[0] if fitting else None


def _mode_of(row: Measurement, device: Device, rules: JoinRules) -> str | None:
    """The mode that was measured; a publisher who names none is taken to have run the fastest."""
    named = _renamed(row.power_mode or "", rules.power_modes)
    if not named:
        return _top_mode(device)
    for mode in device.modes:
        number = re.search(r"nvpmodel (\d+)\)", mode.vendor_name or "")
        if named == mode.id or (number and named.startswith(f"nvpmodel-{number.group(1)} ")):
            return mode.id
    return None


def _top_mode(device: Device) -> str:
    known = [mode.id for mode in device.modes]
    top = next((mode for mode in TOP_MODES if mode in known), None)
    return top or next(mode.id for mode in device.modes if mode.default)


def _clocks(row: Measurement, rules: JoinRules) -> tuple[float | None, float | None]:
    """Clocks of GPU (or DLA) and memory where the publisher set his own; a clock of 0 was not set."""
    by_mode = re.search(rules.clocks.gpu_mode, row.power_mode or "")
    if by_mode:
        return float(by_mode.group(1)) * 1e6, None
    unit = re.search(rules.clocks.dla if row.unit == "dla" else rules.clocks.gpu, row.note or "")
    memory = re.search(rules.clocks.memory, row.note or "")
    return (
        float(unit.group(1)) if unit and float(unit.group(1)) else None,
        float(memory.group(1)) if memory and float(memory.group(1)) else None,
    )


def _threads(row: Measurement, unit: ComputeUnit, mode: str) -> int | str | None:
    """Threads of a CPU run; None: all cores. A run over two kinds of core is refused with the reason."""
    if unit.kind != "cpu" or row.streams_threads is None:
        return None
    cores = unit.active.get(mode)
    count = cores.value if cores else int(sum(number.value for number in unit.parts.values()))
    asked = row.streams_threads
    if cores is None:
        return None if asked >= count else "threads on some of two kinds of core"
    if asked <= count:
        return asked
    return (
        None if asked == 2 * count and row.cluster != "big" else "threads over more cores than the unit has"
    )

"""Numbers of a part that no real part has: a slipped decimal point or prefix where nothing else in the file
says so.

The bounds are wide on purpose: they are those of everything on sale, with margin.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from planner.hardware.physics import BITS
from planner.hardware.surroundings import cooler_kinds
from planner.provenance import Status
from planner.schema.hardware.cooler import OWN, Cooler
from planner.schema.hardware.device import Device, Form, Mode
from planner.schema.reading.quantity import numbers_in
from planner.schema.reading.strict import Conflict
from planner.units import format_percent, format_quantity
from planner.wording.message import Message, message

USUAL_INLET_C = 25.0
HOT_INLET_C = 35.0
"""Upper end of the inlet that ASHRAE class A2 allows."""
TIME_CONSTANT_S = (10.0, 3000.0)
"""Heat sinks settle within minutes; outside of this a resistance or capacity is mistyped."""
MOST_FROM_ITS_KIND = 5.0
"""Published sinks of one kind take from a third to three times as long as an assumed one."""
LEAST_RISE_K = 3.0
"""No cooler holds a part at its limit nearer to the air."""
MOST_RANGE = 6.0
"""Published resistances of one part and kind of cooler are within 2.6 times of each other."""
MOST_FAN_SHARE = 0.3
"""Of a part's power limit; fans of kits and cards are rated at 2 to 9 %."""
IDLE_SHARE = 0.03
"""Supplies, memory and links alone draw more than this share of the limit; the largest card reads 3.5 %."""
MOST_OPS_PER_J = 20e12
"""Dense 8-bit operations per joule of the limit: chips state 10e12, one that computes in memory 18.5e12."""

_RANGES: tuple[tuple[str, float, float], ...] = (
    (r"year", 2010, 2030),
    (r"units\.[^.]+\.count", 1, 8),
    (r"units\.[^.]+\.clocks\..+", 50e6, 6.5e9),
    (r"units\.[^.]+\.active\..+", 1, 2048),
    (r"units\.[^.]+\.caches\..+", 1e3, 1.5e9),
    (r"memory\.capacity", 1e6, 8e12),
    (r"memory\.bandwidth\..+", 0.05e9, 20e12),
    (r"memory\.clocks\..+", 100e6, 20e9),
    (r"memory\.width_bits", 8, 16384),
    (r"modes\.\d+\.power_limit", 0.3, 2000),
    (r"thermal\.throttle", 50, 125),
    (r"thermal\.shutdown", 60, 150),
    (r"thermal\.hysteresis", 0, 15),
    (r"thermal\.throttled_clock", 0.1, 1),
    (r"thermal\.caps\.\d+\.at", 50, 125),
    (r"thermal\.(coolers\.\d+\.)?fan\.trips\.\d+", 20, 115),
    (r"thermal\.(coolers\.\d+\.)?fan\.hysteresis", 0, 20),
    (r"thermal\.(coolers\.\d+\.)?fan\.speeds\.\d+", 0.03, 1),
    (r"thermal\.(coolers\.\d+\.)?fan\.rated", 0.25, 500),
    (r"price\.amount", 1, 2e6),
)
_LONGEST_M: dict[Form, float] = {"module": 0.2, "board": 0.35, "card": 0.4, "server": 1.2}
_SHORTEST_M = 0.015
MOST_IDLE_SPREAD = 5.0
"""Clocks fall in every mode when nothing runs, so that modes of one part idle alike."""
RESERVED_SHARE = (0.01, 0.4)
"""Share of a memory that boot code and firmware keep."""
_DRAM = re.compile(r"DDR|HBM", re.IGNORECASE)
_STACKED = re.compile(r"HBM", re.IGNORECASE)
_LEAST_DRAM_BYTES = 256e6
_LEAST_SERVER_BYTES = 1e9
_LEAST_DRAM_BYTES_PER_S = 1e9
_MULTIPLES = (1.0, 1.125, 1.5)
_MULTIPLES_OF_CARDS = (*_MULTIPLES, 1.25, 1.375)
"""Memory comes in powers of two or these times as much; stacks are sold with parts of them switched off."""


def plausibility_conflicts(device: Device) -> Iterator[Conflict]:
    """Numbers of the part that are out of the world."""
    yield from _out_of_range(device)
    yield from _sizes(device)
    yield from _memory(device)
    yield from _steps(device)
    yield from _idle_spread(device)
    yield from _thermal(device)
    for i, mode in enumerate(device.modes):
        yield from _power(device, i, mode)


def _out_of_range(device: Device) -> Iterator[Conflict]:
    for entry in numbers_in(device):
        where = ".".join(str(part) for part in entry.path)
        raw = entry.number.value
        value = float(getattr(raw, "amount", raw))
        for pattern, low, high in _RANGES:
            if re.fullmatch(pattern, where) and not low <= value <= high:
                expected = f"{_shown(low, entry.dimension)} to {_shown(high, entry.dimension)}"
                advice = "look for a slipped decimal point or prefix"
                yield Conflict(entry.path, expected, _shown(value, entry.dimension), advice)


def _shown(value: float, dimension: str | None) -> str:
    if dimension is None or dimension == "money":
        return f"{value:g}"
    return f"{value:g} °C" if dimension == "c" else format_quantity(value, dimension)


def _sizes(device: Device) -> Iterator[Conflict]:
    if device.size is None:
        return
    longest = _LONGEST_M[device.form]
    sides = {"length": device.size.length_m, "width": device.size.width_m}
    for key, side in sides.items():
        if not _SHORTEST_M <= side.value <= longest:
            expected = f"{_SHORTEST_M * 1e3:g} to {longest * 1e3:g} mm for a {device.form}"
            yield Conflict(("size", key), expected, f"{side.value * 1e3:g} mm")
    height = device.size.height_m
    if height is not None and not 0.5e-3 <= height.value <= 0.5:
        yield Conflict(("size", "height"), "0.5 to 500 mm", f"{height.value * 1e3:g} mm")


def _memory(device: Device) -> Iterator[Conflict]:
    memory = device.memory
    capacity = memory.capacity_bytes.value
    if memory.reserved_bytes is not None:
        low, high = (share * capacity for share in RESERVED_SHARE)
        if not low <= memory.reserved_bytes.value <= high:
            expected = f"{format_quantity(low, 'bytes')} to {format_quantity(high, 'bytes')}, a share of all"
            got = format_quantity(memory.reserved_bytes.value, "bytes")
            yield Conflict(("memory", "reserved"), expected, got)
    technology = memory.technology or ""
    if not _DRAM.search(technology):
        return
    path = ("memory", "capacity")
    least = _LEAST_SERVER_BYTES if device.form == "server" else _LEAST_DRAM_BYTES
    if capacity < least:
        yield Conflict(
            path,
            f"at least {format_quantity(least, 'bytes')} of such memory",
            format_quantity(capacity, "bytes"),
        )
    elif not _STACKED.search(technology) and not _usual_size(capacity, shared=memory.shared):
        expected = "a size that such memory is made in (a power of two or 1.125 to 1.5 times one)"
        yield Conflict(path, expected, format_quantity(capacity, "bytes"))
    for mode, bandwidth in memory.bandwidth_bytes_per_s.items():
        if bandwidth.value < _LEAST_DRAM_BYTES_PER_S:
            got = format_quantity(bandwidth.value, "bytes_per_s")
            yield Conflict(("memory", "bandwidth", mode), "at least 1 GB/s of such memory", got)


def _usual_size(capacity_bytes: float, *, shared: bool) -> bool:
    """Whether memory of this size exists, written in MB or GB as printed on the box or in GiB."""
    for unit in (1e6, 1e9, 2.0**30):
        for multiple in _MULTIPLES if shared else _MULTIPLES_OF_CARDS:
            steps = math.log2(capacity_bytes / unit / multiple)
            if abs(steps - round(steps)) < 0.02:
                return True
    return False


def _steps(device: Device) -> Iterator[Conflict]:
    steps: list[tuple[tuple[str | int, ...], float]] = [
        (("thermal", "hysteresis"), device.thermal.hysteresis_k.value)
    ]
    for number, cooler in enumerate(device.thermal.coolers):
        if cooler.fan is not None and device.thermal.cooler != OWN:
            where: tuple[str | int, ...] = ("thermal", "coolers", number, "fan", "hysteresis")
            steps.append((where, cooler.fan.hysteresis_k.value))
    for where, hysteresis_k in steps:
        if 0 < hysteresis_k < 1:
            expected = "none or at least 1 K, the resolution of sensors"
            yield Conflict(where, expected, f"{hysteresis_k:g} K")
    for unit_id, unit in device.units.items():
        for name, count in unit.parts.items():
            if count.value != int(count.value):
                yield Conflict(("units", unit_id, "parts", name), "a whole number", f"{count.value:g}")


def _idle_spread(device: Device) -> Iterator[Conflict]:
    most = max(mode.idle_w.value for mode in device.modes)
    for i, mode in enumerate(device.modes):
        if mode.idle_w.value * MOST_IDLE_SPREAD < most:
            expected = f"at least a fifth of the {most:g} W of another mode"
            yield Conflict(("modes", i, "idle"), expected, f"{mode.idle_w.value:g} W")


def _power(device: Device, i: int, mode: Mode) -> Iterator[Conflict]:
    limit_w = mode.power_limit_w.value
    if mode.idle_w.value < IDLE_SHARE * limit_w:
        expected = f"at least {format_percent(IDLE_SHARE)} of the limit of {limit_w:g} W"
        yield Conflict(("modes", i, "idle"), expected, f"{mode.idle_w.value:g} W")
    for unit_id, unit in device.units.items():
        for precision, by_mode in unit.peaks_ops_per_s.items():
            most = MOST_OPS_PER_J * limit_w * 8 / min(BITS[precision], 16)
            if by_mode[mode.id].value > most:
                path = ("units", unit_id, "peaks", precision.value, mode.id)
                expected = f"at most {format_quantity(most, 'ops_per_s')} at a limit of {limit_w:g} W"
                yield Conflict(path, expected, format_quantity(by_mode[mode.id].value, "ops_per_s"))


def _thermal(device: Device) -> Iterator[Conflict]:
    """What no cooler does; one that lets its part throttle or shut down is warned of elsewhere."""
    for number, cooler in enumerate(device.thermal.coolers):
        named = device.thermal.cooler != OWN
        path = ("thermal", "coolers", number) if named else ("thermal",)
        resistance = cooler.resistance_k_per_w.value
        idle_c = USUAL_INLET_C + resistance * min(mode.idle_w.value for mode in device.modes)
        shutdown_c = device.thermal.shutdown_c.value
        if idle_c >= shutdown_c:
            expected = f"under {shutdown_c:g} °C when idle at 25 °C inlet"
            yield Conflict((*path, "resistance"), expected, f"{idle_c:.1f} °C")
        rise_k = resistance * max(mode.power_limit_w.value for mode in device.modes)
        if rise_k < LEAST_RISE_K:
            expected = f"at least {LEAST_RISE_K:g} K over the air at the limit"
            yield Conflict((*path, "resistance"), expected, f"{rise_k:.2g} K")
        yield from _beside_the_resistance(device, cooler, path)
        time_constant_s = resistance * cooler.heat_capacity_j_per_k.value
        low, high = _time_constants_s(cooler, device.form)
        if not low <= time_constant_s <= high:
            expected = f"a time constant of {low:g} to {high:g} s with the resistance"
            yield Conflict((*path, "heat_capacity"), expected, f"{time_constant_s:.1f} s")


def _time_constants_s(cooler: Cooler, form: Form) -> tuple[float, float]:
    """What resistance times heat capacity may be; an assumed capacity is near those of its kind."""
    kind = cooler_kinds().kinds[cooler.kind]
    divided = kind.divided(form)
    if cooler.heat_capacity_j_per_k.status is not Status.ASSUMED or divided is None or not kind.sink_time_s:
        return TIME_CONSTANT_S
    usual_s = divided.heat_capacity_j_per_k(kind.sink_time_s.value, 1.0)
    return usual_s / MOST_FROM_ITS_KIND, usual_s * MOST_FROM_ITS_KIND


def _beside_the_resistance(device: Device, cooler: Cooler, path: tuple[str | int, ...]) -> Iterator[Conflict]:
    """A range that says nothing, and a fan that draws what a part does."""
    ends = cooler.range
    if ends is not None and ends.high_k_per_w.value > MOST_RANGE * ends.low_k_per_w.value:
        got = f"{ends.low_k_per_w.value:g} to {ends.high_k_per_w.value:g} K/W"
        yield Conflict((*path, "range"), f"ends at most {MOST_RANGE:g} times apart", got)
    most_w = MOST_FAN_SHARE * max(mode.power_limit_w.value for mode in device.modes)
    if cooler.fan is not None and cooler.fan.rated_w.value > most_w:
        expected = f"at most {most_w:.3g} W, {format_percent(MOST_FAN_SHARE)} of the part's limit"
        yield Conflict((*path, "fan", "rated"), expected, f"{cooler.fan.rated_w.value:g} W")


def heat_warnings(device: Device) -> Iterator[Message]:
    """What is mistyped or makes a hot part: its default cooler at its limit, in usual and in hot air."""
    thermal, default = device.thermal, next(mode for mode in device.modes if mode.default)
    rise_k = thermal.resistance_k_per_w.value * default.power_limit_w.value
    said = {"device": device.id, "limit": f"{default.power_limit_w.value:g} W"}
    for name, inlet_c, allowed in (
        ("shuts_down", USUAL_INLET_C, thermal.shutdown_c.value),
        ("throttles", HOT_INLET_C, thermal.throttle_c.value),
    ):
        if inlet_c + rise_k >= allowed:
            hot, limit = f"{inlet_c + rise_k:.0f}", f"{allowed:g}"
            yield message(f"warning.{name}", **said, inlet=f"{inlet_c:g}", hot=hot, allowed=limit)
            return

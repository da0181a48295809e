"""What is known of how many parts: gaps counted as gaps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from planner.hardware.measurements import Measurement
from planner.provenance import Status
from planner.schema.hardware.device import ComputeUnit, Device, Precision
from planner.schema.reading.quantity import Sourced, numbers_in


@dataclass(frozen=True, slots=True)
class Coverage:
    """One thing that may be known of a part, and of which parts it is; ids in the order of the catalogue."""

    what: str
    known: tuple[str, ...]
    gaps: tuple[str, ...]

    @property
    def share(self) -> float:
        """Of the parts that the question applies to."""
        return len(self.known) / (len(self.known) + len(self.gaps))


def coverage(devices: Iterable[Device], measurements: Iterable[Measurement]) -> tuple[Coverage, ...]:
    """Which parts have what; a thing that applies to no part is left out."""
    parts = list(devices)
    measured = {row.part for row in measurements}
    questions: list[tuple[str, Callable[[Device], bool | None]]] = [
        *_QUESTIONS,
        ("published measurements of networks", lambda device: device.id in measured),
    ]
    counted = []
    for what, question in questions:
        answers = [(device.id, question(device)) for device in parts]
        known = tuple(name for name, answer in answers if answer)
        gaps = tuple(name for name, answer in answers if answer is False)
        if known or gaps:
            counted.append(Coverage(what, known, gaps))
    return tuple(counted)


def statuses(devices: Iterable[Device]) -> Counter[Status]:
    """How many numbers of all parts came to be known in which way."""
    return Counter(entry.number.status for device in devices for entry in numbers_in(device))


def _stands(numbers: Sequence[Sourced[float]]) -> bool:
    return bool(numbers) and all(number.status is not Status.ASSUMED for number in numbers)


def _idle(device: Device) -> bool:
    return _stands([mode.idle_w for mode in device.modes])


def _limits(device: Device) -> bool:
    return _stands([mode.power_limit_w for mode in device.modes])


def _trips(device: Device) -> bool:
    return _stands([device.thermal.throttle_c, device.thermal.shutdown_c])


def _peak_follows(device: Device) -> bool:
    """Whether every unit's peaks follow from clock, partitions and work per clock."""
    return all(_product_known(unit) for unit in device.units.values())


def _product_known(unit: ComputeUnit) -> bool:
    default = unit.peaks_ops_per_s
    return all(
        precision in unit.ops_per_clock and mode in unit.clocks_hz and mode in unit.active
        for precision, by_mode in default.items()
        for mode in by_mode
    )


def _bus_follows(device: Device) -> bool:
    memory = device.memory
    return memory.width_bits is not None and set(memory.clocks_hz) == set(memory.bandwidth_bytes_per_s)


def _int8(device: Device) -> bool:
    return any(Precision.INT8 in unit.peaks_ops_per_s for unit in device.units.values())


_QUESTIONS: list[tuple[str, Callable[[Device], bool | None]]] = [
    ("INT8 in hardware", _int8),
    ("power limit of every mode, not assumed", _limits),
    ("idle draw of every mode, not assumed", _idle),
    ("thermal resistance, not assumed", lambda device: _stands([device.thermal.resistance_k_per_w])),
    ("temperatures of throttling and shutdown, not assumed", _trips),
    ("price", lambda device: device.price is not None),
    ("outer dimensions", lambda device: device.size is not None),
    ("host link", lambda device: device.host_link is not None if device.form == "card" else None),
    (
        "measured ceiling of arithmetic",
        lambda device: any(unit.ceilings_ops_per_s for unit in device.units.values()),
    ),
    ("measured ceiling of memory", lambda device: bool(device.memory.ceilings_bytes_per_s)),
    ("every peak follows from clock, partitions and work per clock", _peak_follows),
    ("bandwidth follows from width and clock of the bus", _bus_follows),
    ("headline taken apart", lambda device: device.label is not None),
]
"""What is asked of each part; None where it does not apply."""

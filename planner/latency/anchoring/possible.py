"""Measured times that no unit can reach: below the arithmetic of the network at the dense or sparse peak.

The least time is that of the multiply-accumulates at the highest peak of the unit, over all its modes where
none is given, shared among all units of the kind. Winograd's F(2x2, 3x3) does with 16 multiplications what
takes 36, so that networks in floating point may be faster by 2.25 (Lavin and Gray, "Fast algorithms for
convolutional neural networks", CVPR 2016). Servers are published with up to four processors. A time below is
a wrong unit, batch, network or part, and never a fast engine: of 19,602 published times none on an image
network is. Memory traffic sets no limit here: caches hold what the roofline counts as traffic. Networks of
text are not checked, as few files say how long the text was.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from planner.errors import InputError, PlannerError, Problem
from planner.formulas import formula
from planner.hardware.catalog import device_ids, read_device
from planner.latency.anchoring.blend import network_name
from planner.schema.hardware.device import ComputeUnit, Device, Precision
from planner.units import format_quantity
from planner.zoo.registry import names
from planner.zoo.source import read_model

WINOGRAD = 36 / 16
SOCKETS = 4
"""Processors of a server that may have run together."""


@dataclass(frozen=True, slots=True)
class Timed:
    """One measured time of a batch; None where its file leaves it open."""

    line: int | None
    where: str
    """Name of the cell or key that has the time."""
    network: str
    device: str | None
    unit: str | None
    """An id or a kind."""
    mode: str | None
    precision: Precision | None
    batch: int | None
    seconds: float
    side: int | None = None
    """Of a square image, where it is not the network's own."""


def refuse_impossible(path: str, entries: Iterable[Timed]) -> None:
    """Raises `InputError` that names every entry of a file whose rate is above the roofline."""
    if problems := [problem for entry in entries for problem in _problems(entry)]:
        raise InputError(path, problems)


def _problems(entry: Timed) -> Iterator[Problem]:
    macs = macs_of(entry.network, entry.side)
    if entry.device not in device_ids() or entry.device is None or macs is None:
        return
    device = read_device(entry.device)
    peak = highest_peak(device, entry.unit, entry.mode, entry.precision)
    least_s = 2.0 * macs * (entry.batch or 1) / peak if peak else 0.0
    if entry.seconds < least_s:
        yield Problem(
            entry.where,
            f"no less than {format_quantity(least_s, 's', 3)}, the roofline of {network_name(entry.network)} "
            f"on {entry.device}",
            format_quantity(entry.seconds, "s", 3),
            "check unit of time, batch, network and part",
            entry.line,
        )


@formula("roofline")
def highest_peak(device: Device, unit: str | None, mode: str | None, precision: Precision | None) -> float:
    """Operations a second that no engine exceeds, over all units that may be meant; 0 where none is known."""
    chosen = [own for name, own in device.units.items() if unit in (None, name, own.kind)]
    sockets = SOCKETS if device.form == "server" else 1
    return sockets * max((_peak(own, mode, precision) for own in chosen), default=0.0)


def _peak(unit: ComputeUnit, mode: str | None, precision: Precision | None) -> float:
    found = 0.0
    for peaks in (unit.peaks_ops_per_s, unit.sparse_peaks_ops_per_s):
        for own, by_mode in peaks.items():
            whole = own.startswith("int")
            # What is asked in whole numbers may run in floating point, and never the other way round.
            if precision is None or own == precision or not whole:
                faster = 1.0 if whole else WINOGRAD
                values = [item.value for name, item in by_mode.items() if mode in (None, name)]
                found = max([found, *(value * faster for value in values)])
    return found * unit.count.value


@functools.lru_cache(maxsize=256)
def macs_of(network: str, side: int | None) -> int | None:
    """Multiply-accumulates of one inference; None without images, and for neither the zoo's nor a file."""
    name = network_name(network)
    source = f"zoo:{name}" if name in names() else network
    if not source.startswith("zoo:") and not Path(source).is_file():
        return None
    try:
        plain = read_model(source)
        images = [key for key, own in plain.inputs.items() if len(own.shape) == 4 and own.shape[1] in (1, 3)]
        if not images or side is None:
            return plain.macs if images else None
        shapes = {key: (*plain.inputs[key].shape[:2], side, side) for key in images}
        return read_model(source, shapes=shapes).macs
    except PlannerError:
        return None

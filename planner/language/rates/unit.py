"""Ceilings of a unit for language models: bandwidth of the memory, peak of the products, clock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from planner.hardware.operating_point import choose_mode
from planner.schema.hardware.device import Device
from planner.schema.language.engine import LanguageEngine


@dataclass(frozen=True, slots=True)
class UnitCeilings:
    """What a unit cannot exceed; a clock of zero is not known."""

    kind: str
    bandwidth_bytes_per_s: float
    peak_ops_per_s: float
    clock_ghz: float
    vector_ops_per_s: float = 0.0
    """Of a GPU: its peak without matrix units; other kinds of units are taken to have none beside."""


def first_peak(peaks: Mapping[str, float], computes: Sequence[str]) -> float:
    """Peak in the first of the precisions that the unit computes in, else its highest."""
    return next((peaks[name] for name in computes if name in peaks), max(peaks.values()))


def ceilings_of(
    device: Device,
    unit: str,
    mode: str | None,
    computes: Sequence[str],
    engine: LanguageEngine,
    threads: int | None,
) -> UnitCeilings:
    """The ceilings of a part's unit in a mode; all units of its kind where the engine uses them together."""
    compute, chosen = device.units[unit], choose_mode(device, mode)
    peaks = {
        str(name): by_mode[chosen.id].value
        for name, by_mode in compute.peaks_ops_per_s.items()
        if chosen.id in by_mode
    }
    share = 1.0
    cores = compute.active.get(chosen.id)
    if threads is not None and cores is not None:
        share = min(1.0, threads / cores.value)
    served = next(
        (
            item
            for item in engine.units
            if item.kind == compute.kind
            and any(
                fnmatchcase(text, word) for word in item.words for text in (compute.name, device.architecture)
            )
        ),
        None,
    )
    together = compute.count.value if served is not None and served.all_of_a_kind else 1
    clock = compute.clocks_hz.get(chosen.id)
    return UnitCeilings(
        kind=compute.kind,
        bandwidth_bytes_per_s=device.memory.bandwidth_bytes_per_s[chosen.id].value,
        peak_ops_per_s=first_peak(peaks, computes) * share * together,
        clock_ghz=clock.value / 1e9 if clock is not None else 0.0,
        vector_ops_per_s=peaks.get("fp32", 0.0) if compute.kind == "gpu" else 0.0,
    )

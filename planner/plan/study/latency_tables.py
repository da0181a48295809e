"""Where the time goes: the roofs above a network, precisions and batches, the best option of each part."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from planner.hardware.catalog import read_engine
from planner.hardware.operating_point import operating_point
from planner.latency.band import Band
from planner.latency.planning import planning_band, shortfall
from planner.latency.result import Estimate
from planner.plan.options.batches import batch_sizes
from planner.plan.options.option import Option
from planner.schema.hardware.device import Device, Precision
from planner.wording.message import message
from planner.workload.workload import is_quantised

if TYPE_CHECKING:
    from planner.plan.study.study import Study


@dataclass(frozen=True, slots=True)
class Ceiling:
    """A measured roof below the datasheet's: either operations or bytes per second."""

    name: str
    ops_per_s: float | None
    bytes_per_s: float | None
    source: str | None


@dataclass(frozen=True, slots=True)
class Roofline:
    """One network of the chosen option under the roofs of its unit."""

    estimate: Estimate
    peak_ops_per_s: float
    bandwidth_bytes_per_s: float
    ceilings: tuple[Ceiling, ...]


@dataclass(frozen=True, slots=True)
class Rung:
    """One network on the chosen part at one precision and batch."""

    estimate: Estimate
    planning_latency_s: Band


def rooflines(chosen: Option) -> tuple[Roofline, ...]:
    """Each network of the chosen option under the roofs of its unit."""
    return tuple(roofline_of(chosen.part, item.estimate) for item in chosen.networks)


def roofline_of(device: Device, estimate: Estimate) -> Roofline:
    """An estimate under the roofs of its unit."""
    point = operating_point(
        device,
        read_engine(estimate.engine),
        unit=estimate.unit,
        mode=estimate.mode,
        precision=estimate.precision,
    )
    found = tuple(_ceilings(device, estimate))
    return Roofline(estimate, point.peak_ops_per_s, point.bandwidth_bytes_per_s, found)


def ladder(study: Study, chosen: Option) -> tuple[Rung, ...]:
    """Every precision the unit has and every batch size, for each network on the chosen part."""
    device = chosen.part
    peaks = device.units[chosen.unit].peaks_ops_per_s
    rungs = []
    for model in study.workloads:
        known = [name for name, by_mode in peaks.items() if chosen.mode in by_mode]
        for precision in [Precision(chosen.precision)] if is_quantised(study.workloads[model]) else known:
            for batch in batch_sizes(max(8, study.source.scenario.candidates.max_batch)):
                result = study.estimator.estimate(
                    model,
                    device,
                    unit=chosen.unit,
                    mode=chosen.mode,
                    precision=precision,
                    batch=batch,
                    engine=chosen.engine,
                )
                if result.precision != precision and result.precision in known:
                    continue  # TensorRT computes FP32 in TF32 from Ampere on: those rows are there already
                rungs.append(Rung(result, planning_band(result, shortfall(device, result))))
    return tuple(rungs)


def best_of_each_part(study: Study) -> tuple[Option, ...]:
    """The first option of each part, in the order of the options."""
    best: dict[str, Option] = {}
    for option in study.options:
        best.setdefault(option.device, option)
    return tuple(best.values())


def _ceilings(device: Device, chosen: Estimate) -> list[Ceiling]:
    """Measured ceilings of the unit and of the memory in the chosen mode."""
    unit = device.units[chosen.unit]
    found = []
    for precision, by_mode in unit.ceilings_ops_per_s.items():
        if chosen.mode in by_mode and precision.value == chosen.precision:
            measured, name = by_mode[chosen.mode], message("roof.measured", precision=precision.value.upper())
            found.append(Ceiling(name, measured.value, None, measured.source))
    stream = device.memory.ceilings_bytes_per_s.get(chosen.mode)
    if stream is not None:
        found.append(Ceiling(message("roof.bandwidth"), None, stream.value, stream.source))
    return found

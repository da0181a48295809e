"""One network on a part without a unit named: the best main unit, and all units with a stream of their own.

By the dispatch rule of edge runtimes an NPU or DLA takes inference, the GPU what that lacks and highly
parallel work, the CPU control. Every unit is tried as the main one with the others to help out; the best by
the rule of `planner.latency.units.compete` is the answer, the one that `estimate` without a unit gives.
Together units share one memory: their traffic may not pass its bandwidth, nor their power the limit of the
mode; the CPU is kept for control.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from planner.hardware.operating_point import choose_mode
from planner.latency.kernels.prepared import Preparation
from planner.latency.kernels.unit_limits import on_unit
from planner.latency.planning import planning_band, shortfall
from planner.latency.point import point_for
from planner.latency.result import Estimate
from planner.latency.units.compete import compare_units, others_of, units_asked
from planner.latency.units.placement import Placement, place_prepared
from planner.schema.hardware.device import Device, Precision
from planner.schema.record.commands.units import AutoRecord, TriedUnitRecord
from planner.workload.workload import Workload

CONTROL = "cpu"


@dataclass(frozen=True, slots=True)
class UnitTrial:
    """A unit as the main one: the placement, or why there is none."""

    unit: str
    placement: Placement | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class UnitStream:
    """A unit that serves whole inferences beside others: how many of it, and what all of them do."""

    unit: str
    count: int
    precision: str
    throughput_per_s: float
    latency_s: float


@dataclass(frozen=True, slots=True)
class Together:
    """Streams over all units at once."""

    units: tuple[UnitStream, ...]
    throughput_per_s: float
    alone_per_s: float
    """Of the best unit alone."""
    bandwidth_share: float
    """Traffic over the memory's bandwidth, before anything was held back."""
    power_w: float
    """Of the part, all units busy, never over the limit of its mode."""
    limited_by: str | None


@dataclass(frozen=True, slots=True)
class AutoAnswer:
    """The fastest placement, every unit tried, and all units together."""

    best: Placement
    tried: tuple[UnitTrial, ...]
    together: Together | None
    """None where one unit alone can serve whole inferences."""


def auto_units(
    workload: Workload,
    device: Device,
    *,
    mode: str | None = None,
    precision: Precision | str | None = None,
    batch: int | None = None,
    engine: str | None = None,
) -> AutoAnswer:
    """The network over the units of a part; `InputError` with every reason where no unit can take it."""
    choose_mode(device, mode)
    networks = Preparation(workload)
    placements: dict[str, Placement] = {}

    def run(unit: str) -> tuple[Estimate]:
        point = point_for(device, unit=unit, mode=mode, precision=precision, engine=engine)
        prepared = networks.ready(batch or workload.batch, point.precision, point.engine, point.fusing)
        placements[unit] = place_prepared(workload, on_unit(prepared, point), device, point)
        return (placements[unit].estimate,)

    units = units_asked(device, None, engine)
    compared = compare_units(device, units, run, precision_asked=precision is not None)
    refused = {item.unit: item.reason for item in compared.refused}
    best = placements[compared.best.unit]
    best = replace(best, estimate=replace(best.estimate, others=others_of(device, compared)))
    placements[compared.best.unit] = best
    tried = tuple(_tried(unit, placements, refused, engine) for unit in device.units)
    return AutoAnswer(best, tried, _together(device, list(placements.values())))


def _tried(
    unit: str, placements: Mapping[str, Placement], refused: Mapping[str, str], engine: str | None
) -> UnitTrial:
    if unit in placements:
        return UnitTrial(unit, placements[unit])
    return UnitTrial(unit, None, refused.get(unit, f"{engine} does not run on it"))


def _together(device: Device, placed: Sequence[Placement]) -> Together | None:
    """Every unit that runs all products of the network alone, at once; the CPU where there is nothing else.

    A unit that waits for another within the network does not add to it: on an AGX Orin ResNet-50 on the GPU
    and a DLA, whose pooling fell back, did 61 % of what both did alone (orinlab-00007 in the measurements).
    """
    whole = [item for item in placed if item.decodes_elsewhere and item.estimate.fits]
    working = [item for item in whole if device.units[item.main].kind != CONTROL]
    if len(working) < 2 and sum(device.units[item.main].count.value for item in working) < 2:
        return None
    streams = [_stream(device, item) for item in working]
    asked_per_s = sum(
        stream.throughput_per_s * _traffic_bytes(item.estimate)
        for stream, item in zip(streams, working, strict=True)
    )
    first = working[0].estimate
    bandwidth = device.memory.bandwidth_bytes_per_s[first.mode].value
    held = min(1.0, bandwidth / asked_per_s) if asked_per_s else 1.0
    idle_w = next(mode.idle_w.value for mode in device.modes if mode.id == first.mode)
    busy_w = idle_w + sum(
        device.units[item.main].count.value * max(0.0, item.estimate.part_power_w.mid - idle_w)
        for item in working
    )
    limits = {"memory bandwidth": held < 1.0, "the power limit of the mode": busy_w > first.power_limit_w}
    reached = [name for name, hit in limits.items() if hit]
    return Together(
        units=tuple(streams),
        throughput_per_s=held * sum(stream.throughput_per_s for stream in streams),
        alone_per_s=max(stream.throughput_per_s / stream.count for stream in streams),
        bandwidth_share=asked_per_s / bandwidth,
        power_w=min(busy_w, first.power_limit_w),
        limited_by=" and ".join(reached) or None,
    )


def _stream(device: Device, item: Placement) -> UnitStream:
    """As a typical plan counts: a roofline is slower by what published figures make of it."""
    count = device.units[item.main].count.value
    found = item.estimate
    latency_s = planning_band(found, shortfall(device, found)).mid
    return UnitStream(item.main, count, found.precision, count * found.batch / latency_s, latency_s)


def _traffic_bytes(estimate: Estimate) -> float:
    return sum(layer.bytes for layer in estimate.layers) / estimate.batch


def auto_record(answer: AutoAnswer) -> AutoRecord:
    """What `planner estimate --unit auto` adds to its JSON."""
    best, together = answer.best, answer.together
    return {
        "placement": {
            "main": best.main,
            "kernels": best.kernels,
            "operators_known": best.operators_known,
            "crossings": len(best.crossings),
            "crossing_bytes": sum(crossing.size_bytes for crossing in best.crossings),
            "crossing_s": best.crossing_s.mid,
            "falls_back": [
                {"name": layer.name, "op_types": list(layer.op_types), "unit": layer.unit}
                for layer in best.falls_back
            ],
            "tried": [_tried_record(item) for item in answer.tried],
        },
        "together": None
        if together is None
        else {
            "throughput_per_s": together.throughput_per_s,
            "alone_per_s": together.alone_per_s,
            "bandwidth_share": together.bandwidth_share,
            "part_power_w": together.power_w,
            "limited_by": together.limited_by,
            "units": [
                {
                    "unit": stream.unit,
                    "count": stream.count,
                    "precision": str(stream.precision),
                    "throughput_per_s": stream.throughput_per_s,
                    "latency_s": stream.latency_s,
                }
                for stream in together.units
            ],
        },
    }


def _tried_record(item: UnitTrial) -> TriedUnitRecord:
    placement = item.placement
    if placement is None:
        return {"unit": item.unit, "latency_s": None, "energy_per_inference_j": None, "falls_back": None,
                "crossings": None, "reason": item.reason}  # fmt: skip
    found = placement.estimate
    return {
        "unit": item.unit,
        "latency_s": found.latency_s.mid if found.fits else None,
        "energy_per_inference_j": found.energy_per_inference_j.mid if found.fits else None,
        "falls_back": len(placement.falls_back),
        "crossings": len(placement.crossings),
        "reason": "" if found.fits else "does not fit its memory",
    }

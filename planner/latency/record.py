"""An estimate as JSON: the keys that `planner estimate --format json` promises."""

from __future__ import annotations

from collections.abc import Sequence

from planner.latency.band import Band
from planner.latency.link.over_link import LinkUse
from planner.latency.overhead import Overhead, outside, unknown
from planner.latency.result import Estimate, OtherUnit
from planner.schema.record import BandRecord
from planner.schema.record.estimate import (
    EfficiencyRecord,
    EstimateRecord,
    HiddenCostRecord,
    LinkUseRecord,
)
from planner.schema.record.options import OptionalBandRecord, OtherUnitRecord


def band_record(band: Band) -> BandRecord:
    """`{low, mid, high, level}`; level null: the ends are those of a roofline and hold no probability."""
    return {"low": band.low, "mid": band.mid, "high": band.high, "level": band.level}


_NO_BAND: OptionalBandRecord = {"low": None, "mid": None, "high": None, "level": None}


def _band_or_none(band: Band | None) -> OptionalBandRecord:
    if band is None:
        return _NO_BAND
    return {"low": band.low, "mid": band.mid, "high": band.high, "level": band.level}


def _efficiency_record(estimate: Estimate) -> EfficiencyRecord:
    """What the datasheet promises for a watt beside what the network gets of it."""
    joules = estimate.energy_per_inference_j
    return {
        "peak_ops_per_j": estimate.peak_ops_per_s / estimate.power_limit_w,
        "useful_ops_per_j": estimate.useful_ops / joules.mid if estimate.fits else None,
        "inferences_per_j": {"low": 1 / joules.high, "mid": 1 / joules.mid, "high": 1 / joules.low}
        if estimate.fits
        else None,
        "use": estimate.use if estimate.fits else None,
    }


def _hidden_record(cost: Overhead) -> HiddenCostRecord:
    """One cost around inference; `time_s` null: not known; zero: known to be none."""
    return {
        "id": cost.id,
        "when": cost.when,
        "time_s": None if cost.time_s is None else band_record(cost.time_s),
        "bytes": cost.size_bytes,
        "in_latency": cost.in_latency,
        "reason": cost.reason,
        "source": cost.source,
    }


def other_unit_records(others: Sequence[OtherUnit]) -> list[OtherUnitRecord]:
    """Units of a part that were compared and not taken; null for one that cannot run the network."""
    return [
        {
            "unit": other.unit,
            "kind": other.kind,
            "count": other.count,
            "engine": other.engine,
            "precision": other.precision.value if other.precision else None,
            "provenance": other.provenance.value if other.provenance else None,
            "latency_s": _band_or_none(other.latency_s),
            "planning_latency_s": _band_or_none(other.planning_latency_s),
            "reason": other.reason,
        }
        for other in others
    ]


def _link_record(use: LinkUse) -> LinkUseRecord:
    link = use.link
    slow, mid, fast = link.delivered_bytes_per_s
    return {
        "id": link.id,
        "name": link.name,
        "kind": link.bus,
        "generation": link.generation,
        "lanes": link.lanes,
        "duplex": link.duplex,
        "rate_bytes_per_s": link.rate_bytes_per_s,
        "delivered_bytes_per_s": {"low": slow, "mid": mid, "high": fast},
        "measured_over": use.measured_over.id,
        "transfer_in_s": band_record(use.in_s),
        "transfer_out_s": band_record(use.out_s),
        "weights_s": band_record(use.weights_s),
        "busy_s": band_record(use.busy_s),
        "interval_bound": use.bound,
    }


def _place(band: Band | None) -> BandRecord | None:
    return None if band is None else band_record(band)


def estimate_record(estimate: Estimate, *, layers: bool = False) -> EstimateRecord:
    """The estimate with every number in SI; `layers` adds one entry per kernel.

    A network that does not fit has no latency: it is null, with the reason among the warnings.
    """
    memory = estimate.memory
    record: EstimateRecord = {
        "model": estimate.model,
        "device": estimate.device,
        "unit": estimate.unit,
        "mode": estimate.mode,
        "engine": estimate.engine,
        "engine_version": estimate.engine_version,
        "precision": estimate.precision.value,
        "batch": estimate.batch,
        "latency_s": _band_or_none(estimate.through_s if estimate.fits else None),
        "interval_s": _band_or_none(estimate.latency_s if estimate.fits else None),
        "throughput_per_s": estimate.throughput_per_s if estimate.fits else None,
        "power_w": {
            **band_record(estimate.power_w),
            "provenance": estimate.power_provenance.value,
            "boundary": estimate.power_boundary,
            "model": estimate.power_rests_on,
        },
        "part_power_w": band_record(estimate.part_power_w),
        "power_at": {
            "rail_w": _place(estimate.power_at.rail_w),
            "module_w": _place(estimate.power_at.module_w),
            "board_input_w": _place(estimate.power_at.board_input_w),
            "wall_w": _place(estimate.power_at.wall_w),
        },
        "power_assumed": list(estimate.power_assumed),
        "load": estimate.load,
        "sustained_over_burst": estimate.bend,
        "idle_w": estimate.idle_w,
        "energy_j": estimate.energy_j if estimate.fits else None,
        "energy_per_inference_j": _band_or_none(estimate.energy_per_inference_j if estimate.fits else None),
        "efficiency": _efficiency_record(estimate),
        "memory_bytes": {
            "weights": memory.weights_bytes,
            "peak_activation": memory.peak_activation_bytes,
            "total": memory.total_bytes,
            "capacity": memory.capacity_bytes,
        },
        "fits": estimate.fits,
        "bound": {
            "compute": estimate.bound.compute,
            "memory": estimate.bound.memory,
            "overhead": estimate.bound.overhead,
        },
        "kernels": len(estimate.layers),
        "fixed_s": estimate.fixed_s,
        "caller_s": estimate.caller_s,
        "transfer": estimate.rests_on,
        "calibration": estimate.calibration,
        "anchors": [
            {"measurement": item.name, "ratio": item.ratio, "weight": item.weight}
            for item in estimate.anchors
        ],
        "provenance": estimate.provenance.value,
        "warnings": list(estimate.warnings),
        "unresolved": [
            {"name": item.name, "op_type": item.op_type, "reason": item.reason}
            for item in estimate.unresolved
        ],
    }
    if estimate.link:
        record["link"] = _link_record(estimate.link)
    if estimate.fastest:
        latency = band_record(estimate.fastest.latency_s)
        record["fastest_mode"] = {"mode": estimate.fastest.mode, "latency_s": latency}
    if estimate.others:
        record["other_units"] = other_unit_records(estimate.others)
    if estimate.hidden:
        outside_s = band_record(outside(estimate.hidden))
        record["hidden_costs"] = [_hidden_record(cost) for cost in estimate.hidden]
        record["outside_latency_s"] = {**outside_s, "unknown": list(unknown(estimate.hidden))}
    if layers:
        record["layers"] = [layer.record() for layer in estimate.layers]
    return record

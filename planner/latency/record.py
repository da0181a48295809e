"""An estimate as JSON: the keys that `planner estimate --format json` promises."""

from __future__ import annotations

from planner.latency.band import Band
from planner.latency.estimate import Estimate


def band_record(band: Band) -> dict[str, object]:
    """`{low, mid, high, level}`; level null: the ends are those of a roofline and hold no probability."""
    return {"low": band.low, "mid": band.mid, "high": band.high, "level": band.level}


_NO_BAND = {"low": None, "mid": None, "high": None, "level": None}


def estimate_record(estimate: Estimate, *, layers: bool = False) -> dict[str, object]:
    """The estimate with every number in SI; `layers` adds one entry per kernel.

    A network that does not fit has no latency: null stands there, and the reason among the warnings.
    """
    memory = estimate.memory
    record: dict[str, object] = {
        "model": estimate.model,
        "device": estimate.device,
        "unit": estimate.unit,
        "mode": estimate.mode,
        "engine": estimate.engine,
        "precision": estimate.precision.value,
        "batch": estimate.batch,
        "latency_s": band_record(estimate.latency_s) if estimate.fits else _NO_BAND,
        "throughput_per_s": estimate.throughput_per_s if estimate.fits else None,
        "power_w": {**band_record(estimate.power_w), "provenance": estimate.power_provenance.value},
        "energy_j": estimate.energy_j if estimate.fits else None,
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
    if layers:
        record["layers"] = [
            {
                "name": layer.name,
                "op_types": list(layer.op_types),
                "macs": layer.macs,
                "flops": layer.flops,
                "bytes": layer.bytes,
                "latency_s": layer.time.mid_s,
                "latency_low_s": layer.time.low_s,
                "latency_high_s": layer.time.high_s,
                "bound": layer.bound,
                "unit": layer.unit,
                "precision": layer.precision,
            }
            for layer in estimate.layers
        ]
    return record

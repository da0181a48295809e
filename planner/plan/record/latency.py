"""Where the time goes, as JSON: kernels under their roofs, precisions and batches, the best of each part."""

from __future__ import annotations

from planner.latency.record import band_record
from planner.latency.result import Estimate
from planner.plan.options.option import Option
from planner.plan.study.latency_tables import Roofline, Rung
from planner.plan.study.study import Study
from planner.schema.record import KernelRecord, RivalRecord, RooflineRecord, RungRecord


def roofline_record(roof: Roofline) -> RooflineRecord:
    """One network of the chosen option, kernel by kernel, and the roofs of its unit."""
    estimate = roof.estimate
    return {
        "model": estimate.model,
        "device": estimate.device,
        "unit": estimate.unit,
        "mode": estimate.mode,
        "precision": str(estimate.precision),
        "batch": estimate.batch,
        "peak_ops_per_s": roof.peak_ops_per_s,
        "bandwidth_bytes_per_s": roof.bandwidth_bytes_per_s,
        "ceilings": [
            {
                "name": ceiling.name,
                "ops_per_s": ceiling.ops_per_s,
                "bytes_per_s": ceiling.bytes_per_s,
                "source": ceiling.source,
            }
            for ceiling in roof.ceilings
        ],
        "kernels": _kernels(estimate),
    }


def rung_record(rung: Rung) -> RungRecord:
    """One network on the chosen part at one precision and batch."""
    estimate = rung.estimate
    return {
        "model": estimate.model,
        "device": estimate.device,
        "mode": estimate.mode,
        "precision": estimate.precision.value,
        "batch": estimate.batch,
        "latency_s": band_record(estimate.latency_s),
        "planning_latency_s": band_record(rung.planning_latency_s),
        "throughput_per_s": estimate.throughput_per_s,
        "fits": estimate.fits,
    }


def rival_record(study: Study, option: Option) -> RivalRecord:
    """The best option of a part, for its slowest network."""
    slo_s = {stream.model: stream.slo.latency_s for stream in study.source.scenario.streams}
    return {
        "device": option.device,
        "name": option.device_name,
        "mode": option.mode,
        "precision": str(option.precision),
        "batch": option.batch,
        "model": option.slowest.estimate.model,
        "feasible": option.feasible,
        "latency_s": band_record(option.slowest.estimate.latency_s),
        "planning_latency_s": band_record(option.slowest.planning_latency_s),
        "slo_s": slo_s[option.slowest.model],
    }


def _kernels(result: Estimate) -> list[KernelRecord]:
    return [
        {
            "name": layer.name,
            "op_types": list(layer.op_types),
            "op_class": layer.op_class,
            "macs": layer.macs,
            "flops": layer.flops,
            "bytes": layer.bytes,
            "latency_s": layer.time.mid_s,
            "share": layer.time.mid_s / result.latency_s.mid,
            "bound": layer.bound,
        }
        for layer in result.layers
    ]

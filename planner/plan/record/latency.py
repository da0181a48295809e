"""Where the time goes, as JSON: kernels under their roofs, precisions and batches, the best of each part."""

from __future__ import annotations

from planner.hardware.catalog import read_engine
from planner.hardware.operating_point import OperatingPoint, operating_point
from planner.latency.planning import planning_band, shortfall
from planner.latency.record import band_record
from planner.latency.result import Estimate
from planner.plan.options.batches import batch_sizes
from planner.plan.options.option import Option
from planner.plan.study.study import Study
from planner.schema.hardware.device import Precision
from planner.wording.message import message
from planner.workload.workload import is_quantised


def rooflines(chosen: Option) -> list[dict[str, object]]:
    """Each network of the chosen option, kernel by kernel, under the roofs of its unit."""
    point = _point(chosen)
    return [
        {
            "model": item.estimate.model,
            "device": chosen.device,
            "unit": chosen.unit,
            "mode": chosen.mode,
            "precision": str(chosen.precision),
            "batch": chosen.batch,
            "peak_ops_per_s": point.peak_ops_per_s,
            "bandwidth_bytes_per_s": point.bandwidth_bytes_per_s,
            "ceilings": _ceilings(chosen),
            "kernels": _kernels(item.estimate),
        }
        for item in chosen.networks
    ]


def ladder(study: Study, chosen: Option) -> list[dict[str, object]]:
    """Every precision the unit has and every batch size, for each network on the chosen part."""
    peaks = chosen.compute_unit.peaks_ops_per_s
    rows: list[dict[str, object]] = []
    for model in study.workloads:
        known = [name for name, by_mode in peaks.items() if chosen.mode in by_mode]
        for precision in [Precision(chosen.precision)] if is_quantised(study.workloads[model]) else known:
            for batch in batch_sizes(max(8, study.source.scenario.candidates.max_batch)):
                result = study.estimator.estimate(
                    model,
                    chosen.part,
                    unit=chosen.unit,
                    mode=chosen.mode,
                    precision=precision,
                    batch=batch,
                    engine=chosen.engine,
                )
                planned = planning_band(result, shortfall(chosen.part, result))
                rows.append(
                    {
                        "model": result.model,
                        "device": chosen.device,
                        "mode": chosen.mode,
                        "precision": precision.value,
                        "batch": batch,
                        "latency_s": band_record(result.latency_s),
                        "planning_latency_s": band_record(planned),
                        "throughput_per_s": result.throughput_per_s,
                        "fits": result.fits,
                    }
                )
    return rows


def rivals(study: Study) -> list[dict[str, object]]:
    """The best option of each part, for its slowest network."""
    best: dict[str, Option] = {}
    for option in study.options:
        best.setdefault(option.device, option)
    slo_s = {stream.model: stream.slo.latency_s for stream in study.source.scenario.streams}
    return [
        {
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
        for option in best.values()
    ]


def _point(option: Option) -> OperatingPoint:
    return operating_point(
        option.part,
        read_engine(option.engine),
        unit=option.unit,
        mode=option.mode,
        precision=Precision(option.precision),
    )


def _ceilings(chosen: Option) -> list[dict[str, object]]:
    """Measured ceilings of the unit and of the memory in the chosen mode."""
    unit = chosen.compute_unit
    rows: list[dict[str, object]] = [
        {
            "name": message("roof.measured", precision=precision.value.upper()),
            "ops_per_s": by_mode[chosen.mode].value,
            "bytes_per_s": None,
            "source": by_mode[chosen.mode].source,
        }
        for precision, by_mode in unit.ceilings_ops_per_s.items()
        if chosen.mode in by_mode and precision.value == chosen.precision
    ]
    stream = chosen.part.memory.ceilings_bytes_per_s.get(chosen.mode)
    if stream is not None:
        rows.append(
            {
                "name": message("roof.bandwidth"),
                "ops_per_s": None,
                "bytes_per_s": stream.value,
                "source": stream.source,
            }
        )
    return rows


def _kernels(result: Estimate) -> list[dict[str, object]]:
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

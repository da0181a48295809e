"""Candidates, options and racks as JSON: the keys that `compare`, `simulate` and `report` promise."""

from __future__ import annotations

from dataclasses import asdict
from statistics import fmean
from typing import TypedDict

from planner.latency.record import band_record, estimate_record
from planner.plan.compare.candidate import Comparison
from planner.plan.options.option import Option
from planner.plan.study.study import Study
from planner.rack.counts.results import RackResult
from planner.rack.description.rack import Rack
from planner.schema.reading.quantity import Money


def money_record(money: Money | None) -> dict[str, object] | None:
    """An amount with its currency, or null where it is unknown."""
    return None if money is None else {"amount": money.amount, "currency": money.currency}


def comparison_record(comparison: Comparison) -> dict[str, object]:
    """`planner compare`: every candidate's estimate with its verdict, best first, and what cannot run."""
    return {
        "candidates": [
            {
                **estimate_record(candidate.estimate),
                "planning_latency_s": band_record(candidate.planning_latency_s),
                "feasible": candidate.feasible,
                "reasons": list(candidate.reasons),
                "pareto": candidate.pareto,
                "risk": candidate.risk,
                "tie": candidate.tie,
                "loses": candidate.loses,
                "price": money_record(candidate.price),
            }
            for candidate in comparison.candidates
        ],
        "refused": [asdict(refusal) for refusal in comparison.refusals],
        "contradiction": comparison.contradiction,
    }


def option_record(option: Option) -> dict[str, object]:
    """One sized option of a scenario; latency is that of its slowest network, per batch."""
    slowest = option.slowest
    return {
        "device": option.device,
        "name": option.device_name,
        "unit": option.unit,
        "mode": option.mode,
        "engine": option.engine,
        "precision": str(option.precision),
        "batch": option.batch,
        "count": option.count,
        "spares": option.spares,
        "racks": option.racks,
        "feasible": option.feasible,
        "reasons": list(option.reasons),
        "pareto": option.pareto,
        "slowest_model": slowest.estimate.model,
        "latency_s": band_record(slowest.estimate.latency_s),
        "planning_latency_s": band_record(slowest.planning_latency_s),
        "planned_for": option.plan_for,
        "throughput_per_s": option.throughput_per_s,
        "utilisation": option.utilisation,
        "offered_utilisation": option.offered_utilisation,
        "power_per_device_w": option.heat.power_per_device_w,
        "power_w": option.heat.power_w,
        "worst_power_w": option.heat.worst_power_w,
        "inlet_c": option.heat.inlet_c,
        "temperature_c": option.heat.temperature_c,
        "capital": option.cost.capital,
        "running_cost_per_year": option.cost.running_per_year,
        "total_cost": option.cost.total,
        "currency": option.cost.currency,
        "latency_provenance": option.latency_provenance.value,
        "provenance": option.provenance.value,
    }


class Reasons(TypedDict):
    """`planner simulate` where nothing is feasible."""

    verdict: str
    streams: list[object]
    reasons: list[dict[str, object]]


def infeasible_record(study: Study) -> Reasons:
    """Every option's first reason, and what cannot run at all."""
    reasons: list[dict[str, object]] = [
        {
            "device": option.device,
            "mode": option.mode,
            "precision": str(option.precision),
            "batch": option.batch,
            "count": option.count,
            "reason": option.reasons[0],
        }
        for option in study.options
    ]
    reasons += [
        {
            "device": r.device,
            "mode": r.mode,
            "precision": r.precision,
            "batch": "",
            "count": "",
            "reason": r.reason,
        }
        for r in study.refusals
    ]
    return {"verdict": study.verdict, "streams": [], "reasons": reasons}


def rack_record(rack: Rack, result: RackResult) -> dict[str, object]:
    """`planner simulate`: streams, devices, power, self-checks, seed, and the series of one run."""
    promised = {group.name: group for group in rack.streams}
    series = result.series
    return {
        "device": rack.device.name,
        "count": rack.count,
        "dispatch": rack.dispatch,
        "batching": {"max_size": rack.batching.max_size, "max_wait_s": rack.batching.max_wait_s},
        "replications": result.replications,
        "partial": result.partial,
        "duration_s": rack.duration_s,
        "warmup_s": rack.warmup_s,
        "streams": [
            {
                "name": stream.name,
                "requests": stream.requests,
                "served": stream.served,
                "dropped": stream.dropped,
                "unfinished": stream.unfinished,
                "latency_s": asdict(stream.latency_s),
                "slo_latency_s": stream.slo_latency_s,
                "slo_s": promised[stream.name].slo_s,
                "slo_quantile": promised[stream.name].slo_quantile,
                "verdict": stream.verdict.value,
                "verdict_reason": stream.verdict_reason,
                "latency_band": asdict(stream.bounds) if stream.bounds else None,
            }
            for stream in result.streams
        ],
        "devices": asdict(result.devices),
        "inlet_c": fmean(series.inlet_c),
        "throttle_c": rack.device.thermal.throttle_c,
        "power_w": result.power_w,
        "energy_j": result.energy_j,
        "energy_per_request_j": result.energy_per_request_j,
        "throughput_per_s": result.throughput_per_s,
        "offered_utilisation": result.offered_utilisation,
        "invariants": dict(result.invariants),
        "seed": result.seed,
        "warnings": list(result.warnings),
        "latency_histogram": [{"stream": s.name, **asdict(s.histogram)} for s in result.streams],
        "series": {
            "time_s": list(series.time_s),
            "queue": list(series.queue_length),
            "power_w": list(series.power_w),
            "temperature_mean_c": list(series.temperature_mean_c),
            "temperature_max_c": list(series.temperature_max_c),
            "inlet_c": list(series.inlet_c),
            "throttled_share": list(series.throttled_share),
            "utilisation": list(series.utilisation),
            "out_share": list(series.out_share),
        },
    }

"""`planner size` as JSON."""

from __future__ import annotations

from dataclasses import asdict

from planner.hardware.catalog import part_file
from planner.plan.record.digests import digests
from planner.plan.record.options import option_record
from planner.plan.sizing.latency_span import StreamSpan
from planner.plan.sizing.sized import SizedOption, Sizing


def sizing_record(sizing: Sizing) -> dict[str, object]:
    """Every option with its verdict, best first, what cannot run at all, and what the answer rests on."""
    scenario = sizing.source.scenario
    devices = list(dict.fromkeys(item.option.device for item in sizing.options))
    return {
        "scenario": scenario.id,
        "question": scenario.question.strip(),
        "feasible": sizing.feasible,
        "options": [sized_option_record(item) for item in sizing.options],
        "contradiction": sizing.contradiction,
        "settings_considered": sizing.considered,
        "refused": [asdict(refusal) for refusal in sizing.refusals],
        "seed": scenario.simulation.seed,
        "warnings": [note for device in devices if (note := part_file(device).note) is not None],
        "digests": digests(sizing.source, sizing.workloads, [item.option for item in sizing.options]),
    }


def sized_option_record(item: SizedOption) -> dict[str, object]:
    """One option and what its simulated rack adds; null is unknown or without end."""
    run, tightest = item.simulated, item.tightest
    return {
        **option_record(item.option),
        "count_at_saturation": item.count_at_saturation,
        "count_for_service": item.count_for_service,
        "p99_s": _p99_record(tightest) if tightest else None,
        "p99_stream": tightest.name if tightest else None,
        "verdict": item.verdict.value,
        "verdict_reason": item.verdict_reason,
        "would_decide": list(item.would_decide),
        "streams": [
            {
                "name": stream.name,
                "p99_s": _p99_record(stream),
                "slo_s": stream.slo_s,
                "slo_quantile": stream.slo_quantile,
                "verdict": stream.verdict.value,
            }
            for stream in item.streams
        ],
        "simulated": None
        if run is None
        else {
            "replications": run.result.replications,
            "utilisation": run.result.devices.utilisation,
            "power_w": run.result.power_w,
            "energy_per_request_j": run.result.energy_per_request_j,
            "throttled_share": run.result.devices.throttled_share,
            "temperature_c": asdict(run.result.devices.temperature_c),
        },
        "growth": [
            {**asdict(year), "reasons": list(year.reasons), "verdict": year.verdict and year.verdict.value}
            for year in item.years
        ],
        "redundancy": [asdict(row) for row in item.spares],
    }


def _p99_record(stream: StreamSpan) -> dict[str, float | None]:
    return {"low": stream.low_s, "mid": stream.mid_s, "high": stream.high_s}

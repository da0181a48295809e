"""`planner size` and `planner plan` as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from planner.hardware.catalog import part_file
from planner.plan.chain_study.record import option_chain_record
from planner.plan.options.what_to_measure import ToMeasure
from planner.plan.record.digests import digests
from planner.plan.record.options import option_record, refusal_record, service_records
from planner.plan.record.pitfalls import pitfall_record
from planner.plan.scenario.file import ScenarioFile
from planner.plan.sizing.growth import YearCount
from planner.plan.sizing.latency_span import StreamSpan
from planner.plan.sizing.redundancy import SpareRow
from planner.plan.sizing.result import SizedOption, Sizing
from planner.schema.record.commands.plan import PlanRecord
from planner.schema.record.sizing import (
    MovedRecord,
    SizedOptionRecord,
    SizingRecord,
    SpanRecord,
    SpareRecord,
    StateRecord,
    ToMeasureRecord,
    YearRecord,
)

if TYPE_CHECKING:
    from planner.plan.short.plan import ShortPlan


def sizing_record(sizing: Sizing) -> SizingRecord:
    """Every option with its verdict, best first, what cannot run at all, and what the answer rests on."""
    scenario = sizing.source.scenario
    devices = list(dict.fromkeys(item.option.device for item in sizing.options))
    return {
        "scenario": scenario.id,
        "question": scenario.question.strip(),
        "feasible": sizing.feasible,
        "options": [sized_option_record(item, sizing.source) for item in sizing.options],
        "to_measure": [to_measure_record(found) for found in sizing.to_measure()],
        "contradiction": sizing.contradiction,
        "settings_considered": sizing.considered,
        "refused": [refusal_record(refusal) for refusal in sizing.refusals],
        "seed": scenario.simulation.seed,
        "warnings": _warnings(sizing, devices),
        "digests": digests(sizing.source, sizing.workloads, [item.option for item in sizing.options]),
    }


def moved_record(before: Sizing, after: Sizing) -> list[MovedRecord]:
    """Each part before a measurement and after it; null where it is in one of the two alone."""
    was = {item.option.device: item for item in before.options}
    now = {item.option.device: item for item in after.options}
    return [
        {
            "device": device,
            "before": _state_record(was.get(device)),
            "after": _state_record(now.get(device)),
        }
        for device in dict.fromkeys((*now, *was))
    ]


def _state_record(item: SizedOption | None) -> StateRecord | None:
    if item is None:
        return None
    option = item.option
    return {
        "mode": option.mode,
        "precision": str(option.precision),
        "engine": option.engine,
        "batch": option.batch,
        "count": option.count,
        "spares": option.spares,
        "verdict": item.verdict.value,
        "p99_s": _p99_record(item.tightest) if item.tightest else None,
        "power_w": option.heat.power_w,
        "temperature_c": option.heat.temperature_c,
        "capital": option.cost.capital,
        "services": service_records(option),
    }


def plan_record(plan: ShortPlan, written: Path | None = None) -> PlanRecord:
    """The sizing, the scenario that gives it, every default in it, and the mistakes of the plan."""
    return {
        **sizing_record(plan.sizing),
        "scenario_text": plan.text,
        "scenario_file": None if written is None else str(written),
        "defaults": [{"key": item.key, "value": item.value, "why": item.why} for item in plan.defaults],
        "pitfalls": [pitfall_record(pitfall) for pitfall in plan.pitfalls],
    }


def _warnings(sizing: Sizing, devices: Sequence[str]) -> list[str]:
    """Parts of one's own, and what the simulated rack of the best option warns of."""
    found = [note for device in devices if (note := part_file(device).note) is not None]
    best = sizing.best
    found += sizing.notes
    return found + (list(best.simulated.result.warnings) if best and best.simulated else [])


def to_measure_record(found: ToMeasure) -> ToMeasureRecord:
    """A network to measure, with what that is worth and how it is done."""
    return {
        "network": found.network,
        "device": found.device,
        "mode": found.mode,
        "batch": found.batch,
        "devices_open": found.devices_open,
        "money_open": found.money_open,
        "currency": found.currency,
        "first": list(found.first),
        "on_the_part": list(found.on_the_part),
        "bring_back": found.bring_back,
        "here": list(found.here),
        "note": found.note,
        "chance": found.worth.chance,
        "worth": found.worth.money,
        "decides_verdict": found.worth.decides,
        "power_on_the_part": list(found.power_on_the_part),
        "power_here": list(found.power_here),
        "service": found.service,
    }


def sized_option_record(item: SizedOption, source: ScenarioFile) -> SizedOptionRecord:
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
        "chain": option_chain_record(item.option),
        "to_measure": [to_measure_record(found) for found in item.to_measure(source)],
        "streams": [
            {
                "name": stream.name,
                "p99_s": _p99_record(stream),
                "p99_worst_s": stream.worst_s,
                "installations_broken": stream.installations_broken,
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
            "temperature_c": {
                "mean": run.result.devices.temperature_c.mean,
                "max": run.result.devices.temperature_c.max,
            },
        },
        "growth": [_year_record(year) for year in item.years],
        "redundancy": [_spare_record(row) for row in item.spares],
    }


def _p99_record(stream: StreamSpan) -> SpanRecord:
    return {"low": stream.low_s, "mid": stream.mid_s, "high": stream.high_s}


def _year_record(year: YearCount) -> YearRecord:
    return {
        "year": year.year,
        "requests_per_s": year.requests_per_s,
        "count": year.count,
        "added": year.added,
        "racks": year.racks,
        "power_w": year.power_w,
        "reasons": list(year.reasons),
        "verdict": year.verdict.value if year.verdict else None,
    }


def _spare_record(row: SpareRow) -> SpareRecord:
    return {
        "spares": row.spares,
        "availability": row.availability,
        "enough_up": row.enough_up,
        "capital": row.capital,
        "meets_target": row.meets_target,
    }

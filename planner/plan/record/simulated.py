"""`planner simulate` as JSON: the simulated rack and what the scenario asks of it."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

from planner.plan.options.option import Option
from planner.plan.options.rack_run import RackRun, Simulated
from planner.plan.rack.claims import claims_record
from planner.plan.rack.in_service import variation_note
from planner.plan.rack.life_record import life_record, new_model_record
from planner.plan.rack.questions import FailureAnswer
from planner.plan.rack.theory import Theory, theory_record
from planner.plan.record.options import cooler_record, margin_record, service_records
from planner.rack.counts.results import AtBound, DevicesResult, LatencyStatistics, RackResult, StreamBounds
from planner.rack.description.rack import Rack
from planner.rack.simulation import SimulationEngine
from planner.rack.studies.sensitivity import Moved
from planner.schema.record.commands.simulate import RunBesideRecord, SettingRecord, SimulateRecord
from planner.schema.record.rack import (
    AtBoundRecord,
    RackDevicesRecord,
    RackRecord,
    StreamBoundsRecord,
    StreamLatencyRecord,
)
from planner.schema.scenario.scenario import Scenario
from planner.units import format_percent, format_quantity
from planner.wording.message import Message, message


def simulate_record(
    scenario: Scenario,
    run: RackRun,
    engine: SimulationEngine,
    theory: Theory | None,
    notes: Sequence[str],
    failures: FailureAnswer | None = None,
    moved: Sequence[Moved] = (),
) -> SimulateRecord:
    """The rack with its verdict and warnings, then what the scenario asks beside; `notes` become warnings."""
    beside: RunBesideRecord = {}
    if isinstance(run, Simulated):
        beside["setting"] = setting_record(run.option)
        beside["throttle_probability"] = run.option.throttle_probability
    if run.result.update is not None:
        beside["new_model"] = new_model_record(run.result.update)
    if theory is not None:
        beside["theory"] = theory_record(theory)
    if moved:
        beside["sensitivity"] = [
            {
                "stream": item.stream,
                "service_share": item.share,
                "p99_s": item.p99_s,
                "shorter_s": item.shorter_s,
                "longer_s": item.longer_s,
            }
            for item in moved
        ]
    return {
        **rack_record(run.rack, run.result),
        "warnings": list(notes),
        "verdict": run.verdict.value,
        "engine": engine,
        "variation": variation_note(scenario, run.rack.device.unit),
        "reasons": list(run.reasons),
        "margins": [margin_record(item) for item in run.margins],
        **beside,
        **life_record(scenario, run.rack, failures),
        **claims_record(scenario),
    }


def sensitivity_notes(moved: Sequence[Moved]) -> list[Message]:
    """How far each p99 moves with service times, in words."""
    notes = []
    for item in moved:
        parts = {
            "stream": repr(item.stream),
            "share": format_percent(item.share),
            "p99": format_quantity(item.p99_s, "s"),
            "shorter": format_quantity(item.shorter_s, "s"),
        }
        if item.longer_s is None:
            notes.append(message("simulated.sensitive_end", **parts))
        else:
            notes.append(message("simulated.sensitive", longer=format_quantity(item.longer_s, "s"), **parts))
    return notes


def setting_record(option: Option) -> SettingRecord:
    """What each device of an option runs on."""
    return {
        "unit": option.unit,
        "units": option.instances,
        "mode": option.mode,
        "engine": option.engine,
        "precision": str(option.precision),
        "batch": option.batch,
        "latency_provenance": option.latency_provenance.value,
        "cooler": cooler_record(option.part),
        "services": service_records(option),
    }


def rack_record(rack: Rack, result: RackResult) -> RackRecord:
    """Streams, devices, power, self-checks, seed, and the series of one run."""
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
                "latency_s": _latency_record(stream.latency_s),
                "slo_latency_s": stream.slo_latency_s,
                "slo_s": promised[stream.name].slo_s,
                "slo_quantile": promised[stream.name].slo_quantile,
                "verdict": stream.verdict.value,
                "verdict_reason": stream.verdict_reason,
                "latency_band": _bounds_record(stream.bounds) if stream.bounds else None,
                "installations_broken": stream.installations_broken,
            }
            for stream in result.streams
        ],
        "devices": _devices_record(result.devices),
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
        "latency_histogram": [
            {
                "stream": stream.name,
                "edges_s": list(stream.histogram.edges_s),
                "counts": list(stream.histogram.counts),
            }
            for stream in result.streams
        ],
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


def _latency_record(found: LatencyStatistics) -> StreamLatencyRecord:
    return {
        "mean": found.mean,
        "p50": found.p50,
        "p90": found.p90,
        "p99": found.p99,
        "p99_low": found.p99_low,
        "p99_high": found.p99_high,
        "p99_worst": found.p99_worst,
    }


def _bounds_record(found: StreamBounds) -> StreamBoundsRecord:
    return {"low": _at(found.low), "mid": _at(found.mid), "high": _at(found.high)}


def _at(found: AtBound) -> AtBoundRecord:
    return {"p99": found.p99, "slo_latency_s": found.slo_latency_s, "verdict": found.verdict.value}


def _devices_record(found: DevicesResult) -> RackDevicesRecord:
    return {
        "utilisation": found.utilisation,
        "throttled_share": found.throttled_share,
        "temperature_c": {"mean": found.temperature_c.mean, "max": found.temperature_c.max},
        "shutdowns": found.shutdowns,
        "mean_batch": found.mean_batch,
        "open_changes": found.open_changes,
        "runaway_margin": found.runaway_margin,
        "out_share": found.out_share,
        "outages": found.outages,
        "host_utilisation": found.host_utilisation,
    }

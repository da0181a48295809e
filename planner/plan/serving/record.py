"""A served run and its simulations as JSON."""

from __future__ import annotations

from planner.calibration.serving.compare import Quantile, ServedComparison, Side, StreamSide, kept, right
from planner.calibration.serving.loaded import ServingEngine
from planner.rack.description.variation import Variation
from planner.rack.load.fit_variation import LEAST_BATCHES
from planner.schema.record.commands.validate import (
    QuantileRecord,
    ServedSideRecord,
    ServedStreamRecord,
    ServeRecord,
    ServiceProcessRecord,
)
from planner.units import format_percent, format_quantity
from planner.wording.message import Message, message

MEASURED = "measured"
_LATE_SHARE = 0.02
"""Of a mean service time: how late requests may be seen before it is said."""


def sides_of(found: ServedComparison) -> dict[str, Side]:
    """Every side by its name, what was measured first."""
    sides = {MEASURED: found.served, "replayed": found.replayed}
    if found.process is not None:
        sides["process"] = found.process
    if found.planned is not None:
        sides["planned"] = found.planned
    return {**sides, "loop": found.loop}


def serve_record(scenario: str, engine: ServingEngine, found: ServedComparison) -> ServeRecord:
    """All of it, times in seconds."""
    measured, rack = found.measured, found.rack
    noise = measured.noise
    return {
        "scenario": scenario,
        "engine": engine.name,
        "engine_version": measured.engine_version,
        "precision": engine.precision,
        "duration_s": rack.duration_s,
        "warmup_s": rack.warmup_s,
        "seed": rack.seed,
        "noise": {
            "lost": noise.lost,
            "spread": noise.spread,
            "longest_s": noise.longest_s,
            "noisy": noise.noisy,
        },
        "services": [
            {
                "network": row.network,
                "batch": row.batch,
                "loop_s": row.loop_s,
                "served_s": row.served_s,
                "served": row.served,
            }
            for row in found.services
        ],
        "serving_factor": found.serving_factor,
        "neighbours": found.neighbours,
        "together": found.together,
        "variation": None if found.variation is None else process_record(found.variation),
        "sides": [_side(name, side, found) for name, side in sides_of(found).items()],
        "warnings": list(warnings_of(found)),
    }


def process_record(given: Variation) -> ServiceProcessRecord:
    """A process by what a scenario states of one."""
    return {
        "cv": given.cv,
        "next": given.correlation(1),
        "over_ten": given.correlation(10),
        "over_hundred": given.correlation(100),
        "outliers": given.outlier_share,
        "outlier_factor": given.outlier_ratio,
        "outlier_next": given.outlier_stays,
        "outlier_cv": given.outlier_cv,
        "shared": given.shared_share,
    }


def _side(name: str, side: Side, found: ServedComparison) -> ServedSideRecord:
    return {
        "side": name,
        "streams": [_stream(name, number, stream, found) for number, stream in enumerate(side.streams)],
        "utilisation": side.utilisation,
        "throughput_per_s": side.throughput_per_s,
        "mean_batch": side.mean_batch,
    }


def _stream(name: str, number: int, stream: StreamSide, found: ServedComparison) -> ServedStreamRecord:
    group, served = found.rack.streams[number], found.served.streams[number]
    verdict = kept(stream, group.slo_s, group.slo_quantile, missed=stream.dropped)
    value_s = served.at(group.slo_quantile).value_s
    lost = served.requests > 0 and served.dropped / served.requests > 1 - group.slo_quantile
    return {
        "name": stream.name,
        "requests": stream.requests,
        "dropped": stream.dropped,
        "latency": [_quantile(item) for item in stream.quantiles],
        "verdict": verdict.value,
        "right": None if name == MEASURED else right(verdict, value_s, group.slo_s, lost=lost),
    }


def _quantile(item: Quantile) -> QuantileRecord:
    return {"share": item.share, "value_s": item.value_s, "low_s": item.low_s, "high_s": item.high_s}


def warnings_of(found: ServedComparison) -> tuple[Message, ...]:
    """What makes the comparison worth less than it looks."""
    notes: list[Message] = []
    noise, run = found.measured.noise, found.measured.served
    if noise.noisy:
        notes.append(
            message(
                "served.noisy", lost=format_percent(noise.lost, 1), spread=format_percent(noise.spread, 1)
            )
        )
    if found.process is None:
        notes.append(message("served.few_batches", batches=run.batch_size.size, least=LEAST_BATCHES))
    mean_s = sum(row.loop_s for row in found.services) / len(found.services)
    late_s = float(run.late_s.mean()) if run.late_s.size else 0.0
    if late_s > _LATE_SHARE * mean_s:
        notes.append(message("served.late", late=format_quantity(late_s, "s")))
    return tuple(notes)

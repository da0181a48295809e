"""What `planner simulate` adds to its JSON where a scenario asks more of its rack than serving."""

from __future__ import annotations

from planner.plan.rack.questions import (
    FailureAnswer,
    OffloadAnswer,
    UpdateAnswer,
    claim_holds,
    clock_savings,
    knee_answer,
    offload_answer,
    update_answer,
)
from planner.rack.counts.results import UpdateResult
from planner.rack.description.rack import Rack
from planner.rack.studies.dvfs import Saving
from planner.rack.studies.knee import Knee
from planner.rack.studies.updates import RolloutResult
from planner.schema.record.commands.simulate import (
    ClockSavingRecord,
    FailuresRecord,
    KneeRecord,
    NewModelRecord,
    OffloadRecord,
    RackLifeRecord,
    RolloutRecord,
    UpdateRecord,
)
from planner.schema.scenario.rack_study import ClockScaling
from planner.schema.scenario.scenario import Scenario


def life_record(scenario: Scenario, rack: Rack, failures: FailureAnswer | None = None) -> RackLifeRecord:
    """Failures, offloading, knee, model update and clock savings; a key for each that is asked.

    `failures` is the answer of `failure_answer`, which simulates.
    """
    record: RackLifeRecord = {}
    offloaded = offload_answer(scenario, rack)
    if failures is not None:
        record["failures"] = failures_record(failures)
    if offloaded is not None:
        record["offload"] = _offload_record(offloaded)
    knee = knee_answer(scenario)
    if knee is not None:
        record["knee"] = _knee_record(knee)
    update = update_answer(scenario)
    if update is not None:
        record["update"] = _update_record(update)
    asked = scenario.clock_scaling
    if asked is not None:
        record["clock_scaling"] = [_saving_record(asked, saving) for saving in clock_savings(scenario)]
    return record


def new_model_record(found: UpdateResult) -> NewModelRecord:
    """What was measured of a new model while its first devices were watched."""
    return {
        "replications": found.replications,
        "rolled_back_share": found.rolled_back_share,
        "answered": found.answered,
        "late_share": found.late_share,
        "failed_share": found.failed_share,
    }


def failures_record(found: FailureAnswer) -> FailuresRecord:
    """How often every promise of the rack holds."""
    return {
        "availability": found.availability,
        "device_availability": found.device_availability,
        "count": found.count,
        "spares": found.spares,
        "needed": found.needed,
        "target": found.target,
        "rows": [
            {
                "failed": row.failed,
                "probability": row.probability,
                "utilisation": row.utilisation,
                "hottest_c": row.hottest_c,
                "overloaded": row.overloaded,
                "throttles": row.throttles,
                "serving": row.serving,
                "holds": found.holds(row),
            }
            for row in found.rows
        ],
        "carried": found.availability,
        "enough_up": found.enough_up,
        "spares_for_target": found.spares_for_target,
    }


def _offload_record(found: OffloadAnswer) -> OffloadRecord:
    sent = found.sent
    return {
        "sent": {
            "mean_latency_s": sent.mean_latency_s,
            "p99_latency_s": sent.p99_latency_s,
            "sent_per_s": sent.sent_per_s,
            "link_utilisation": sent.link_utilisation,
            "price_per_s": sent.price_per_s,
            "link_holds": sent.link_holds,
        },
        "largest_share": found.largest_share,
        "rack_utilisation": found.rack_utilisation,
        "price_per_year": found.price_per_year,
    }


def _knee_record(knee: Knee) -> KneeRecord:
    return {
        "per_thread_per_s": knee.per_thread_per_s,
        "bottleneck_per_s": knee.bottleneck_per_s,
        "at_threads": knee.at_threads,
        "readings": [
            {
                "threads": row.threads,
                "bound_per_s": row.bound_per_s,
                "in_flight": row.in_flight,
                "fill_s": row.fill_s,
                "whole_batches": row.whole_batches,
            }
            for row in knee.readings
        ],
    }


def _update_record(found: UpdateAnswer) -> UpdateRecord:
    measured = found.measured
    return {
        "full": _rollout_record(found.full),
        "delta": _rollout_record(found.delta),
        "delta_ratio": found.delta_ratio,
        "measured": None
        if measured is None
        else {
            "method": measured.method,
            "delta_bytes": measured.delta_bytes,
            "new_bytes": measured.new_bytes,
        },
        "readings": [
            {
                "apply_s": reading.apply_s,
                "rate_bytes_per_s": reading.rate_bytes_per_s,
                "fixed_s": reading.fixed_s,
            }
            for reading in found.readings
        ],
        "remarks": list(found.remarks),
    }


def _rollout_record(found: RolloutResult) -> RolloutRecord:
    return {
        "sent_bytes": found.sent_bytes,
        "waves": found.waves,
        "transfer_s": found.transfer_s,
        "interruption_s": found.interruption_s,
        "total_s": found.total_s,
        "lost_device_s": found.lost_device_s,
        "rollbacks": found.rollbacks,
    }


def _saving_record(asked: ClockScaling, saving: Saving) -> ClockSavingRecord:
    return {
        "load": saving.load,
        "low": saving.low,
        "high": saving.high,
        "cases": [
            {
                "idle_share": case.idle_share,
                "exponent": case.exponent,
                "low": case.low,
                "high": case.high,
            }
            for case in saving.cases
        ],
        "claim_reached_with": list(claim_holds(asked, saving)),
    }

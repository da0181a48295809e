"""What a scenario asks of its rack beside serving: new models, saving by clocks, failures, offloading."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from planner.errors import InputError, Problem
from planner.plan.money.economics import carrier_of
from planner.plan.rack.events import carrier_failures, spares_of
from planner.rack.description.life import CarrierFailures, Failures
from planner.rack.description.rack import Rack
from planner.rack.load.expected import offered_utilisation, over_the_period
from planner.rack.studies.delta import Delta, measure_delta
from planner.rack.studies.dvfs import ClockThresholds, Saving, saving_band
from planner.rack.studies.knee import ConcurrencyPoint, Knee, fit_knee
from planner.rack.studies.offload import CloudRequest, Offloaded, OffloadLink, largest_share, offload
from planner.rack.studies.reliability import (
    Redundancy,
    Survivors,
    availability,
    rack_availability,
    spares_for,
    survivors,
    up_shares,
)
from planner.rack.studies.updates import (
    InterruptionFit,
    Rollout,
    RolloutResult,
    fit_interruption,
    roll_out,
)
from planner.read_files import read_bounded
from planner.schema.hardware.device import Device
from planner.schema.scenario.rack_study import ClockScaling, Update
from planner.schema.scenario.scenario import Scenario
from planner.units import format_percent

_MORE_FAILED = 3
_LARGEST_MODEL_BYTES = 2**30
"""Of two that are compared byte by byte in memory; of larger ones a scenario gives the sizes."""
_SECONDS_PER_YEAR = 365.25 * 86_400

HEAD_ONLY_RATIO = (0.05, 0.3)
RETRAINED_RATIO = (0.7, 1.0)
"""Difference over whole for a retrained head and for a network trained on (assumed; measure the pair)."""


@dataclass(frozen=True, slots=True)
class UpdateAnswer:
    """Both ways of sending, what made the difference, and what published interruptions determine.

    `readings` are rate and fixed time for rebuilding that takes nothing and as long as the stated rate says.
    """

    full: RolloutResult
    delta: RolloutResult
    delta_ratio: float
    measured: Delta | None
    readings: tuple[InterruptionFit, ...]
    remarks: tuple[str, ...]


def update_answer(scenario: Scenario) -> UpdateAnswer | None:
    """The scenario's update; None where it has none."""
    asked = scenario.update
    if asked is None:
        return None
    measured = _measured(asked)
    full_bytes = float(measured.new_bytes) if measured else asked.full_bytes
    delta_bytes = float(measured.delta_bytes) if measured else asked.delta_bytes or asked.full_bytes
    rollout = Rollout(
        devices=asked.devices,
        at_once=asked.devices if asked.hot_swap else asked.devices - asked.must_serve,
        link_bytes_per_s=asked.uplink_bytes_per_s,
        verify_and_load_s=asked.verify_and_load_s,
        apply_bytes_per_s=asked.apply_bytes_per_s,
        full_bytes=full_bytes,
        hot_swap=asked.hot_swap,
        failing_share=asked.failing_ratio,
    )
    readings = _readings(asked)
    return UpdateAnswer(
        full=roll_out(rollout, full_bytes),
        delta=roll_out(rollout, delta_bytes),
        delta_ratio=delta_bytes / full_bytes,
        measured=measured,
        readings=readings,
        remarks=tuple(_remarks(asked, delta_bytes / full_bytes, measured, readings)),
    )


def _measured(asked: Update) -> Delta | None:
    if asked.old_file is None or asked.new_file is None:
        return None
    return measure_delta(
        _content("update.old_file", asked.old_file), _content("update.new_file", asked.new_file)
    )


def _content(key: str, name: str) -> bytes:
    path = Path(name)
    if not path.is_file():
        advice = "give its path from the scenario's folder"
        raise InputError(name, [Problem(key, "a model file", "no such file", advice)])
    return read_bounded(path, _LARGEST_MODEL_BYTES)


def _readings(asked: Update) -> tuple[InterruptionFit, ...]:
    full_s, delta_s = asked.full_interruption_s, asked.delta_interruption_s
    if full_s is None or delta_s is None or asked.delta_bytes is None:
        return ()
    applying = (0.0, asked.full_bytes / asked.apply_bytes_per_s)
    found = [fit_interruption(asked.full_bytes, full_s, asked.delta_bytes, delta_s, a) for a in applying]
    return tuple(reading for reading in found if reading is not None)


def _remarks(
    asked: Update, ratio: float, measured: Delta | None, readings: tuple[InterruptionFit, ...]
) -> list[str]:
    remarks = []
    if measured is None:
        low, high = HEAD_ONLY_RATIO
        kind = (
            "a size that a retrained head or adapter gives"
            if ratio <= high
            else "between a retrained head and a network trained on"
            if ratio < RETRAINED_RATIO[0]
            else "the size of a network trained on"
        )
        remarks.append(
            f"the difference is stated, {format_percent(ratio, 1)} of the whole: {kind} "
            f"({format_percent(low)} to {format_percent(high)}); a network trained on changes "
            f"nearly every mantissa ({format_percent(RETRAINED_RATIO[0])} and more): "
            "measure the pair"
        )
    if readings:
        remarks.append(
            "two interruptions fix a rate and a fixed time where the device is out while it receives, and "
            "leave open how much of the fixed time rebuilds the file from the difference"
        )
        if asked.hot_swap:
            remarks.append(
                "with a hot swap the device serves while it receives, and neither is an interruption"
            )
    return remarks


def clock_savings(scenario: Scenario) -> tuple[Saving, ...]:
    """The saving of the scenario's clock governor for each load; empty where it asks for none."""
    asked = scenario.clock_scaling
    if asked is None:
        return ()
    governor = ClockThresholds(
        tuple(sorted(asked.clocks_ratio)), asked.lower_below_ratio, asked.raise_above_ratio
    )
    return tuple(
        saving_band(governor, load.name, (load.a, load.b), asked.idle_shares_ratio, asked.exponents)
        for load in asked.loads
    )


def claim_holds(asked: ClockScaling, saving: Saving) -> tuple[str, ...]:
    """The cases (idle share, exponent) whose savings reach into the claimed range; empty without a claim."""
    if asked.claimed_low_ratio is None or asked.claimed_high_ratio is None:
        return ()
    return tuple(
        f"idle share {format_percent(case.idle_share)}, exponent {case.exponent:g}"
        for case in saving.cases
        if case.high >= asked.claimed_low_ratio and case.low <= asked.claimed_high_ratio
    )


def knee_answer(scenario: Scenario) -> Knee | None:
    """The knee of the scenario's rows of concurrency; None where it has none."""
    if not scenario.concurrency:
        return None
    return fit_knee(
        [
            ConcurrencyPoint(row.threads, row.batch, row.throughput_per_s, row.latency_s)
            for row in scenario.concurrency
        ]
    )


@dataclass(frozen=True, slots=True)
class FailureAnswer:
    """How much of the time every promise of the rack holds, and what that rests on.

    `availability` is that share; None where not even the whole rack keeps its promises. `needed` devices keep
    them, of `count` that serve and `spares`. `rows` are the rack with 0, 1, ... devices failed. `enough_up`
    is the share of time that as many as the count are up, whatever they promise. `spares_for_target` is None
    where no number of spares is enough.
    """

    device_availability: float
    count: int
    spares: int
    needed: int | None
    availability: float | None
    rows: tuple[Survivors, ...]
    enough_up: float
    spares_for_target: int | None
    target: float

    @property
    def met(self) -> bool | None:
        """Whether the availability that is asked for is reached; None where it is not known."""
        return None if self.availability is None else self.availability >= self.target

    def holds(self, row: Survivors) -> bool | None:
        """Whether every promise holds with so many devices failed."""
        return None if self.needed is None else row.serving >= self.needed


def redundancy_of(scenario: Scenario, part: Device | None, count: int, needed: int) -> Redundancy:
    """What the availability of a scenario's rack rests on; it has to state failures."""
    asked = scenario.failures
    if asked is None:
        raise InputError(scenario.id, [Problem("failures", "`mtbf`, `mttr` and `target`", "none")])
    failures = Failures(asked.mtbf_s, asked.mttr_s)
    return Redundancy(count, needed, failures, _carriers(scenario, part), spares_of(scenario).takes_over_s)


def _carriers(scenario: Scenario, part: Device | None) -> CarrierFailures | None:
    slots = carrier_of(scenario, part).slots if part is not None else None
    return carrier_failures(scenario.failures, slots) if scenario.failures else None


def failure_answer(
    scenario: Scenario, rack: Rack, needed: int | None, part: Device | None = None
) -> FailureAnswer | None:
    """The scenario's rack under failures; None where not asked. `part` is None for a device given by numbers.

    `needed` devices keep every promise (`planner.plan.rack.promises`).
    """
    asked = scenario.failures
    if asked is None:
        return None
    spares = scenario.spares
    reached = redundancy_of(scenario, part, rack.count, needed) if needed is not None else None
    up = up_shares(Failures(asked.mtbf_s, asked.mttr_s), _carriers(scenario, part), rack.count + spares)
    one_up = availability(asked.mtbf_s, asked.mttr_s)
    return FailureAnswer(
        device_availability=one_up,
        count=rack.count,
        spares=spares,
        needed=needed,
        availability=rack_availability(reached, spares) if reached else None,
        rows=survivors(rack, up, min(rack.count + spares - 1, spares + _MORE_FAILED)),
        enough_up=float(up[rack.count :].sum()),
        spares_for_target=spares_for(reached, asked.target_ratio) if reached else None,
        target=asked.target_ratio,
    )


@dataclass(frozen=True, slots=True)
class OffloadAnswer:
    """The share that goes to the cloud, what it leaves on the rack, and what it costs in a year."""

    sent: Offloaded
    largest_share: float
    rack_utilisation: float
    price_per_year: float


def offload_answer(scenario: Scenario, rack: Rack) -> OffloadAnswer | None:
    """The scenario's offload beside its rack; None where not asked."""
    asked = scenario.offload
    if asked is None:
        return None
    link = OffloadLink(
        asked.round_trip_s,
        asked.up_bytes_per_s,
        asked.down_bytes_per_s,
        asked.loss_ratio,
        asked.timeout_s,
    )
    price = asked.price_per_million_money.amount / 1e6
    request = CloudRequest(asked.request_bytes, asked.answer_bytes, asked.service_s, price)
    rate_per_s = sum(group.offered_per_s for group in over_the_period(rack).streams)
    sent = offload(link, request, rate_per_s, asked.share_ratio)
    return OffloadAnswer(
        sent=sent,
        largest_share=largest_share(link, request, rate_per_s),
        rack_utilisation=offered_utilisation(rack) * (1.0 - asked.share_ratio),
        price_per_year=sent.price_per_s * _SECONDS_PER_YEAR,
    )

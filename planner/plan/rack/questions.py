"""What a scenario asks of its rack beside serving: new models, saving by clocks, failures, offloading."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from planner.errors import InputError, Problem
from planner.rack.description.rack import Rack
from planner.rack.load.expected import offered_utilisation, over_the_period
from planner.rack.studies.delta import Delta, measure_delta
from planner.rack.studies.dvfs import ClockThresholds, Saving, saving_band
from planner.rack.studies.knee import ConcurrencyPoint, Knee, fit_knee
from planner.rack.studies.offload import CloudRequest, Link, Offloaded, largest_share, offload
from planner.rack.studies.reliability import (
    Survivors,
    availability,
    enough_up,
    load_carried,
    spares_for,
    survivors,
)
from planner.rack.studies.updates import (
    InterruptionFit,
    Rollout,
    RolloutResult,
    fit_interruption,
    roll_out,
)
from planner.schema.scenario.rack_study import ClockScaling, Update
from planner.schema.scenario.scenario import Scenario
from planner.units import format_percent

_MORE_FAILED = 3
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
    """The scenario's update; None where it has none. Files are read relative to the working folder."""
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
        raise InputError(name, [Problem(key, "a model file", "no such file", "give the path from here")])
    return path.read_bytes()


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
    """How much of the time the rack carries its load, with and without counting heat.

    `rows` are the rack with 0, 1, ... devices failed. `carried` adds up those that are neither overloaded nor
    throttle; `enough_up` is the binomial share in which the rack's own count is up, as if heat did not
    matter and fewer never sufficed. `spares_for_target` follows the latter.
    """

    availability: float
    rows: tuple[Survivors, ...]
    carried: float
    enough_up: float
    spares_for_target: int


def failure_answer(scenario: Scenario, rack: Rack) -> FailureAnswer | None:
    """The scenario's rack under failures, its hot spares serving with the others; None where not asked."""
    asked = scenario.failures
    if asked is None:
        return None
    up = availability(asked.mtbf_s, asked.mttr_s)
    installed = replace(rack, count=rack.count + asked.hot_spares)
    rows = survivors(installed, up, min(installed.count - 1, asked.hot_spares + _MORE_FAILED))
    return FailureAnswer(
        availability=up,
        rows=rows,
        carried=load_carried(rows),
        enough_up=enough_up(rack.count, asked.hot_spares, up),
        spares_for_target=spares_for(rack.count, up, asked.target_ratio),
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
    link = Link(
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

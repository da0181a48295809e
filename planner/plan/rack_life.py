"""What a scenario asks of its rack beside serving: sending new models, and saving by clocks."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

from planner.errors import InputError, Problem
from planner.rack.delta import Delta, measure_delta
from planner.rack.dvfs import Saving, TwoThresholds, saving_band
from planner.rack.updates import (
    InterruptionReading,
    Rollout,
    RolloutResult,
    fit_interruption,
    roll_out,
)
from planner.schema.rack_study import ClockScaling, Update
from planner.schema.scenario import Scenario

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
    readings: tuple[InterruptionReading, ...]
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


def _readings(asked: Update) -> tuple[InterruptionReading, ...]:
    full_s, delta_s = asked.full_interruption_s, asked.delta_interruption_s
    if full_s is None or delta_s is None or asked.delta_bytes is None:
        return ()
    applying = (0.0, asked.full_bytes / asked.apply_bytes_per_s)
    found = [fit_interruption(asked.full_bytes, full_s, asked.delta_bytes, delta_s, a) for a in applying]
    return tuple(reading for reading in found if reading is not None)


def _remarks(
    asked: Update, ratio: float, measured: Delta | None, readings: tuple[InterruptionReading, ...]
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
            f"the difference is stated, {ratio:.1%} of the whole: {kind} ({low:.0%} to {high:.0%}); a "
            f"network trained on changes nearly every mantissa ({RETRAINED_RATIO[0]:.0%} and more): "
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
    governor = TwoThresholds(
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
        f"idle share {case.idle_share:.0%}, exponent {case.exponent:g}"
        for case in saving.cases
        if case.high >= asked.claimed_low_ratio and case.low <= asked.claimed_high_ratio
    )


def life_record(scenario: Scenario) -> dict[str, object]:
    """What `planner simulate` adds to its JSON: `update` and `clock_scaling`, where the scenario asks."""
    record: dict[str, object] = {}
    update = update_answer(scenario)
    if update is not None:
        record["update"] = asdict(update)
    if scenario.clock_scaling is not None:
        record["clock_scaling"] = [
            {**asdict(saving), "claim_reached_with": list(claim_holds(scenario.clock_scaling, saving))}
            for saving in clock_savings(scenario)
        ]
    return record

"""Sending a new model to every device: whole or as a difference, in waves that leave enough devices serving.

A device of a wave receives its share of the link that all share, rebuilds the file from a difference,
verifies and loads it. With a hot swap it serves the old model meanwhile; without, it is out for all of it.
A failed verification loads the old model again from the other slot (A/B slots), so a rollback costs one load
more and no transfer.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from planner.rack.description.checks import Checks


@dataclass(frozen=True, slots=True)
class Rollout:
    """How a fleet is updated: `at_once` devices a wave, over one link, each then busy for some time.

    `apply_bytes_per_s` is how fast a device rebuilds a file of `full_bytes` from a difference.
    """

    devices: int
    at_once: int
    link_bytes_per_s: float
    verify_and_load_s: float
    apply_bytes_per_s: float
    full_bytes: float
    hot_swap: bool
    failing_share: float = 0.0

    def __post_init__(self) -> None:
        checks = Checks("rollout")
        checks.require(self.devices >= 1, "devices", "one or more", self.devices)
        checks.require(1 <= self.at_once <= self.devices, "at_once", "one to all devices", self.at_once)
        checks.positive(
            link_bytes_per_s=self.link_bytes_per_s,
            apply_bytes_per_s=self.apply_bytes_per_s,
            full_bytes=self.full_bytes,
        )
        checks.non_negative(verify_and_load_s=self.verify_and_load_s)
        checks.between(0, 1, failing_share=self.failing_share)
        checks.finish()


@dataclass(frozen=True, slots=True)
class RolloutResult:
    """What one way of sending takes.

    `interruption_s` is how long one device of a full wave is out, `total_s` the whole rollout with one
    rollback in each wave where updates fail, `lost_device_s` the device time out of service with rollbacks
    expected, `sent_bytes` what goes over the shared link.
    """

    sent_bytes: float
    waves: int
    transfer_s: float
    interruption_s: float
    total_s: float
    lost_device_s: float
    rollbacks: float


def roll_out(rollout: Rollout, sent_bytes: float) -> RolloutResult:
    """The rollout of a file of this size, a difference where it is smaller than the whole."""
    checks = Checks("rollout")
    checks.positive(sent_bytes=sent_bytes)
    checks.finish()
    is_delta = sent_bytes < rollout.full_bytes
    apply_s = rollout.full_bytes / rollout.apply_bytes_per_s if is_delta else 0.0
    waves = math.ceil(rollout.devices / rollout.at_once)
    transfer_s = rollout.at_once * sent_bytes / rollout.link_bytes_per_s
    rebuilding_s = transfer_s + apply_s
    rollback_s = rollout.failing_share * rollout.verify_and_load_s
    out_s = 0.0 if rollout.hot_swap else rebuilding_s + rollout.verify_and_load_s
    last = rollout.devices - (waves - 1) * rollout.at_once
    transfers_s = rollout.devices * sent_bytes / rollout.link_bytes_per_s
    loads = 2 if rollout.failing_share > 0 else 1
    fixed_s = apply_s + loads * rollout.verify_and_load_s
    lost_s = 0.0
    if not rollout.hot_swap:
        waiting_s = (rollout.at_once**2 * (waves - 1) + last**2) * sent_bytes / rollout.link_bytes_per_s
        lost_s = waiting_s + rollout.devices * (apply_s + rollout.verify_and_load_s + rollback_s)
    return RolloutResult(
        sent_bytes=rollout.devices * sent_bytes,
        waves=waves,
        transfer_s=transfer_s,
        interruption_s=out_s,
        total_s=transfers_s + waves * fixed_s,
        lost_device_s=lost_s,
        rollbacks=rollout.failing_share * rollout.devices,
    )


@dataclass(frozen=True, slots=True)
class InterruptionFit:
    """Two published interruptions as a rate and a fixed time: interruption = bytes / rate + fixed.

    `apply_s` is what rebuilding from the difference was assumed to take. The two figures fix rate and fixed
    time together with it, never all three.
    """

    apply_s: float
    rate_bytes_per_s: float
    fixed_s: float


def fit_interruption(
    full_bytes: float, full_s: float, delta_bytes: float, delta_s: float, apply_s: float = 0.0
) -> InterruptionFit | None:
    """The rate and fixed time behind two interruptions; None where no positive ones exist.

    Holds where the device is out while it receives; a device that receives while it serves loads the same
    file either way, and two different interruptions then have another cause.
    """
    checks = Checks("published update")
    checks.positive(full_bytes=full_bytes, full_s=full_s, delta_bytes=delta_bytes, delta_s=delta_s)
    checks.non_negative(apply_s=apply_s)
    checks.require(
        delta_bytes < full_bytes, "delta_bytes", f"less than the whole, {full_bytes:g}", delta_bytes
    )
    checks.finish()
    slower_s = full_s - (delta_s - apply_s)
    if slower_s <= 0:
        return None
    rate = (full_bytes - delta_bytes) / slower_s
    fixed_s = full_s - full_bytes / rate
    return InterruptionFit(apply_s, rate, fixed_s) if fixed_s >= 0 else None

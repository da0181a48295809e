"""A new model that is sent round a rack in waves: the parameters, and when it is taken back."""

from __future__ import annotations

import math
from dataclasses import dataclass

from planner.rack.description.checks import Checks


@dataclass(frozen=True, slots=True)
class RollingUpdate:
    """A new model that reaches a first share of the devices, is watched, and then reaches the rest.

    From `at_s` on, `at_once` devices at a time are out for `interruption_s` (0: a hot swap), until
    `first_share` of them have the new model (the grey release); after `soak_s` the rest follow. A batch then
    takes `time_ratio` times what it took, at `power_ratio` times the power above idle, and `error_ratio` of
    the requests in it come to nothing. The first devices go back to the old model after the soak instead,
    each with the same interruption, and no others follow, where the time ratio is above `roll_back_over`;
    where the p99 of what they have inferred during the soak, from arrival to the end of the inference, is
    longer than `roll_back_p99_s`; or where more than `roll_back_errors` of it came to nothing. A model that
    has answered nothing while it was to be measured goes back too. Where the run decides, what follows begins
    `drain_s` after the soak.
    """

    at_s: float
    interruption_s: float
    at_once: int = 1
    first_share: float = 1.0
    soak_s: float = 0.0
    drain_s: float = 1.0
    time_ratio: float = 1.0
    power_ratio: float = 1.0
    roll_back_over: float | None = None
    error_ratio: float = 0.0
    roll_back_p99_s: float | None = None
    roll_back_errors: float | None = None

    def __post_init__(self) -> None:
        checks = Checks("rolling update")
        checks.non_negative(
            at_s=self.at_s, interruption_s=self.interruption_s, soak_s=self.soak_s, drain_s=self.drain_s
        )
        checks.positive(time_ratio=self.time_ratio, power_ratio=self.power_ratio)
        checks.between(0, 1, error_ratio=self.error_ratio)
        checks.require(self.at_once >= 1, "at_once", "one device or more", self.at_once)
        checks.require(
            0 < self.first_share <= 1, "first_share", "a share above 0 and at most 1", self.first_share
        )
        if self.roll_back_over is not None:
            checks.positive(roll_back_over=self.roll_back_over)
        if self.roll_back_p99_s is not None:
            checks.positive(roll_back_p99_s=self.roll_back_p99_s)
        if self.roll_back_errors is not None:
            checks.between(0, 1, roll_back_errors=self.roll_back_errors)
        if self.measured:
            checks.require(
                self.soak_s > 0, "soak_s", "a time above 0 s to measure the new model in", self.soak_s
            )
        checks.finish()

    @property
    def measured(self) -> bool:
        """Whether the run itself decides."""
        return self.roll_back_p99_s is not None or self.roll_back_errors is not None

    @property
    def stated_too_slow(self) -> bool:
        """Whether the new model is known to be slower than is allowed."""
        return self.roll_back_over is not None and self.time_ratio > self.roll_back_over

    @property
    def late_after_s(self) -> float:
        """From which latency on an answer of the new model is late; infinite where nobody asks."""
        return math.inf if self.roll_back_p99_s is None else self.roll_back_p99_s

"""What may take devices out of service beside heat: outages, failures, a new model sent round in waves."""

from __future__ import annotations

from dataclasses import dataclass

from planner.rack.description.checks import Checks
from planner.rack.description.rolling_update import RollingUpdate


@dataclass(frozen=True, slots=True)
class Outage:
    """`devices` of them from number `first` on, counted from the bottom, fail at a time for a while."""

    at_s: float
    lasts_s: float
    devices: int = 1
    first: int = 0

    def __post_init__(self) -> None:
        checks = Checks("outage")
        checks.non_negative(at_s=self.at_s)
        checks.positive(lasts_s=self.lasts_s)
        checks.require(self.devices >= 1, "devices", "one or more", self.devices)
        checks.require(self.first >= 0, "first", "zero or above", self.first)
        checks.finish()


@dataclass(frozen=True, slots=True)
class Failures:
    """Every device fails and is repaired again and again: mean times up and down, both exponential."""

    mtbf_s: float
    mttr_s: float

    def __post_init__(self) -> None:
        checks = Checks("failures")
        checks.positive(mtbf_s=self.mtbf_s, mttr_s=self.mttr_s)
        checks.finish()


@dataclass(frozen=True, slots=True)
class Life:
    """All that happens to the devices of a rack in a run."""

    outages: tuple[Outage, ...] = ()
    failures: Failures | None = None
    update: RollingUpdate | None = None

    @property
    def quiet(self) -> bool:
        """Whether nothing happens."""
        return not self.outages and self.failures is None and self.update is None


NOTHING_HAPPENS = Life()

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
class CarrierFailures:
    """Every carrier (tray, board or host) of so many slots fails too, and takes its devices with it.

    Devices fill the carriers from the bottom, spares last.
    """

    slots: int
    mtbf_s: float
    mttr_s: float

    def __post_init__(self) -> None:
        checks = Checks("carrier failures")
        checks.require(self.slots >= 1, "slots", "one or more", self.slots)
        checks.positive(mtbf_s=self.mtbf_s, mttr_s=self.mttr_s)
        checks.finish()


@dataclass(frozen=True, slots=True)
class Spares:
    """Devices above the rack's count, each of which replaces one that has failed, until that is back.

    A hot one runs idle and serves `takes_over_s` after the failure. A cold one is switched off; it draws idle
    power while it starts, and serves after the same time.
    """

    count: int
    takes_over_s: float = 0.0
    hot: bool = True

    def __post_init__(self) -> None:
        checks = Checks("spares")
        checks.require(self.count >= 0, "count", "zero or more", self.count)
        checks.non_negative(takes_over_s=self.takes_over_s)
        checks.finish()


NO_SPARES = Spares(0)


@dataclass(frozen=True, slots=True)
class Life:
    """All that happens to the devices of a rack in a run; `spares` replace those that fail."""

    outages: tuple[Outage, ...] = ()
    failures: Failures | None = None
    update: RollingUpdate | None = None
    carriers: CarrierFailures | None = None
    spares: Spares = NO_SPARES

    @property
    def fails(self) -> bool:
        """Whether a device may fail."""
        return bool(self.outages) or self.failures is not None or self.carriers is not None

    @property
    def quiet(self) -> bool:
        """Whether nothing happens."""
        return not self.fails and self.update is None


NOTHING_HAPPENS = Life()

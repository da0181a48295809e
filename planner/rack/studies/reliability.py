"""Failures and repair: how often enough devices are up, how many spares that takes, and what heat adds.

Devices fail and are repaired independently, one repairer each: availability A = MTBF / (MTBF + MTTR), and the
number up is binomial (any textbook of reliability, e.g. Trivedi, Probability and Statistics, 2nd ed., ch. 3).
Carriers (trays, boards, hosts) fail in the same way, and a device is up while its carrier is too. The
availability of a rack is the share of time that every promise holds: that as many devices serve as the
promises take. It holds in the long run and not for other common causes: a supply or a cooling fault takes all
devices at once.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from planner.arrays import Floats
from planner.formulas import formula
from planner.rack.description.checks import Checks
from planner.rack.description.life import NOTHING_HAPPENS, CarrierFailures, Failures
from planner.rack.description.rack import Rack
from planner.rack.heat.epoch import settled_at
from planner.rack.load.expected import expected_load, offered_utilisation

_BOLTZMANN_EV_PER_K = 8.617333e-5
_KELVIN = 273.15
_MOST_SPARES = 200


@formula("availability")
def availability(mtbf_s: float, mttr_s: float) -> float:
    """Share of time that one device is up."""
    checks = Checks("device life")
    checks.positive(mtbf_s=mtbf_s)
    checks.non_negative(mttr_s=mttr_s)
    checks.finish()
    return mtbf_s / (mtbf_s + mttr_s)


@formula("availability")
def enough_up(needed: int, spares: int, device_availability: float) -> float:
    """Share of time that at least `needed` of `needed + spares` devices are up; spares run as all do."""
    checks = Checks("spares")
    checks.require(needed >= 1, "needed", "one or more", needed)
    checks.require(spares >= 0, "spares", "zero or more", spares)
    checks.between(0, 1, device_availability=device_availability)
    checks.finish()
    from scipy.stats import binom

    # The survival function is P(X > k), so k is one less than needed.
    return float(binom.sf(needed - 1, needed + spares, device_availability))


@dataclass(frozen=True, slots=True)
class Redundancy:
    """What a rack's availability rests on: `count` devices serve while none has failed, `needed` of them keep
    every promise; how devices and their carriers fail, and how soon a spare serves.
    """

    count: int
    needed: int
    failures: Failures
    carriers: CarrierFailures | None = None
    takes_over_s: float = 0.0

    def __post_init__(self) -> None:
        checks = Checks("redundancy")
        checks.require(1 <= self.needed <= self.count, "needed", f"1 to {self.count}", self.needed)
        checks.non_negative(takes_over_s=self.takes_over_s)
        checks.finish()


@formula("rack_availability")
def rack_availability(rack: Redundancy, spares: int) -> float:
    """Share of time that every promise holds: P(needed of count + spares up), less the time of taking over.

    A failure of a serving device that leaves fewer than are needed breaks a promise until a spare serves,
    even where one is free: rate of such failures x time to take over. That is exact to first order in the
    time over MTBF / count. A spare is taken to fail as often as a device that serves, a cold one too.
    """
    up = up_shares(rack.failures, rack.carriers, rack.count + spares)
    holds = float(up[rack.needed :].sum())
    if rack.takes_over_s == 0:
        return holds
    return max(0.0, holds - rack.takes_over_s * _sudden_per_s(rack, up))


@formula("availability")
def up_shares(failures: Failures, carriers: CarrierFailures | None, devices: int) -> Floats:
    """Share of time in which 0, 1, ... devices are up, carriers filled from the bottom."""
    from scipy.stats import binom

    device = availability(failures.mtbf_s, failures.mttr_s)
    if carriers is None:
        return np.asarray(binom.pmf(np.arange(devices + 1), devices, device))
    carrier = availability(carriers.mtbf_s, carriers.mttr_s)
    shares = np.ones(1)
    for first in range(0, devices, carriers.slots):
        here = min(carriers.slots, devices - first)
        own = carrier * binom.pmf(np.arange(here + 1), here, device)
        # All of its devices are out while a carrier is.
        own[0] += 1.0 - carrier
        # Carriers are independent: the number up in all of them is the sum, its shares the convolution.
        shares = np.convolve(shares, own)
    return shares


def _sudden_per_s(rack: Redundancy, up: Floats) -> float:
    """How often a failure leaves too few serving while enough are up, spares among them."""
    # In the long run: share of time with so many up, times the rate at which one of those that serve fails
    # there. A carrier takes all its slots with it; spares beyond `count` do not serve, so that their failure
    # breaks nothing.
    number = np.arange(up.size)
    serving = np.minimum(number, rack.count)
    losses = [(1, serving / rack.failures.mtbf_s)]
    if rack.carriers is not None:
        slots = rack.carriers.slots
        losses.append((slots, serving / slots / rack.carriers.mtbf_s))
    rate_per_s = 0.0
    for lost, often_per_s in losses:
        breaks = (serving - lost < rack.needed) & (number - lost >= rack.needed)
        rate_per_s += float((up * often_per_s * breaks).sum())
    return rate_per_s


def spares_for(rack: Redundancy, target: float) -> int | None:
    """The least spares with which every promise holds for the target share of time; None where none do."""
    checks = Checks("spares")
    checks.require(0 < target < 1, "target", "a share between 0 and 1", target)
    checks.finish()
    # More spares than this add nothing where the time to take over is what keeps the target out of reach.
    for spares in range(_MOST_SPARES):
        if rack_availability(rack, spares) >= target:
            return spares
    return None


@formula("arrhenius")
def arrhenius_factor(cool_c: float, warm_c: float, activation_ev: float) -> float:
    """How many times sooner parts fail at the warmer temperature: exp(E / k (1 / T_cool - 1 / T_warm)).

    JEDEC JEP122; E is 0.3 to 0.7 eV for silicon's usual mechanisms (assumed). It says nothing of solder,
    fans and connectors, which fail by cycles and dust.
    """
    checks = Checks("acceleration")
    checks.finite(cool_c=cool_c, warm_c=warm_c)
    checks.non_negative(activation_ev=activation_ev)
    checks.finish()
    inverse = 1.0 / (cool_c + _KELVIN) - 1.0 / (warm_c + _KELVIN)
    return math.exp(activation_ev / _BOLTZMANN_EV_PER_K * inverse)


@dataclass(frozen=True, slots=True)
class Survivors:
    """The rack with some devices failed: how likely it is, and how those that serve fare.

    They carry the whole load, so they are busier and warmer; `overloaded` is offered utilisation of one or
    more, `throttles` a settled temperature at the trip. `serving` are the devices left, spares among them,
    and no more than the rack's count.
    """

    failed: int
    serving: int
    probability: float
    utilisation: float
    hottest_c: float
    overloaded: bool
    throttles: bool


def survivors(rack: Rack, up: Floats, most_failed: int) -> tuple[Survivors, ...]:
    """The settled rack with 0, 1, ... of all installed devices failed, the streams unchanged.

    `up` is the share of time in which 0, 1, ... of them are up (`up_shares`). Positions are not
    distinguished: the failed ones are the topmost, the warmest where air rises.
    """
    checks = Checks("survivors")
    checks.between(0, up.size - 2, most_failed=most_failed)
    checks.finish()
    return tuple(_survivors(rack, up, failed) for failed in range(most_failed + 1))


def _survivors(rack: Rack, up: Floats, failed: int) -> Survivors:
    alive = up.size - 1 - failed
    left = replace(rack, count=min(rack.count, alive), life=NOTHING_HAPPENS)
    utilisation = offered_utilisation(left)
    hottest_c = float(settled_at(left, 1.0).max())
    return Survivors(
        failed=failed,
        serving=left.count,
        probability=float(up[alive]),
        utilisation=min(1.0, expected_load(left).busy_share),
        hottest_c=hottest_c,
        overloaded=utilisation >= 1.0,
        throttles=hottest_c >= rack.device.thermal.throttle_c,
    )

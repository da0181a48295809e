"""Failures and repair: how often enough devices are up, how many spares that takes, and what heat adds.

Devices fail and are repaired independently, one repairer each: availability A = MTBF / (MTBF + MTTR), and the
number up is binomial (any textbook of reliability, e.g. Trivedi, Probability and Statistics, 2nd ed., ch. 3).
It holds in the long run and not for common causes: a supply or a cooling fault takes all devices at once.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from planner.formulas import formula
from planner.rack.description.checks import Checks
from planner.rack.description.rack import Rack
from planner.rack.heat.epoch import settled_at
from planner.rack.load.expected import expected_load, offered_utilisation

_BOLTZMANN_EV_PER_K = 8.617333e-5
_KELVIN = 273.15
_MOST_SPARES = 1000


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


def spares_for(needed: int, device_availability: float, target: float) -> int:
    """The least spares with which enough devices are up for the target share of time."""
    checks = Checks("spares")
    checks.require(0 < target < 1, "target", "a share between 0 and 1", target)
    checks.require(device_availability > 0, "device_availability", "a share above 0", device_availability)
    checks.finish()
    for spares in range(_MOST_SPARES):
        if enough_up(needed, spares, device_availability) >= target:
            return spares
    raise OverflowError(f"no {_MOST_SPARES} spares reach {target:g} at availability {device_availability:g}")


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
    """The rack with some devices failed: how likely it is, and how those that are left fare.

    The survivors carry the whole load, so they are busier and warmer; `overloaded` is offered utilisation of
    one or more, `throttles` a settled temperature at the trip.
    """

    failed: int
    probability: float
    utilisation: float
    hottest_c: float
    overloaded: bool
    throttles: bool

    @property
    def carries_the_load(self) -> bool:
        """Whether the rack still answers everything at full clock."""
        return not (self.overloaded or self.throttles)


def survivors(rack: Rack, device_availability: float, most_failed: int) -> tuple[Survivors, ...]:
    """The settled rack with 0, 1, ... devices failed, the streams unchanged.

    Positions are not distinguished: the failed ones are the topmost, the warmest where air rises.
    """
    checks = Checks("survivors")
    checks.between(0, rack.count - 1, most_failed=most_failed)
    checks.finish()
    return tuple(_survivors(rack, device_availability, failed) for failed in range(most_failed + 1))


def _survivors(rack: Rack, device_availability: float, failed: int) -> Survivors:
    from scipy.stats import binom

    left = replace(rack, count=rack.count - failed)
    utilisation = offered_utilisation(left)
    hottest_c = float(settled_at(left, 1.0).max())
    return Survivors(
        failed=failed,
        probability=float(binom.pmf(failed, rack.count, 1.0 - device_availability)),
        utilisation=min(1.0, expected_load(left).busy_share),
        hottest_c=hottest_c,
        overloaded=utilisation >= 1.0,
        throttles=hottest_c >= rack.device.thermal.throttle_c,
    )


def load_carried(rows: tuple[Survivors, ...]) -> float:
    """Share of time that the rack carries its load; states beyond those looked at count as failing."""
    return float(np.sum([row.probability for row in rows if row.carries_the_load]))

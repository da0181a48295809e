"""What it takes to get the heat out of the room, the PUE that follows, and which inlets are allowed."""

from __future__ import annotations

import math
from dataclasses import dataclass

from planner.errors import UnknownIdError
from planner.formulas import formula
from planner.rack.description.checks import Checks

PLANT_SUPPLY_C = (10.0, 32.0)
"""Supplies for which the plant's COP is known."""


@formula("chilled_water_cop")
def chilled_water_cop(supply_c: float) -> float:
    """Heat removed per power drawn of a chilled-water plant, by the supply air's temperature.

    COP = 0.0068 T^2 + 0.0008 T + 0.458, fitted to one plant (Moore, Chase, Ranganathan and Sharma, Making
    scheduling "cool", USENIX ATC 2005; coefficients quoted from memory, so assumed). Fitted for supplies of
    about 10 to 30 C; refused outside, where the parabola says nothing.
    """
    checks = Checks("chilled-water plant")
    checks.between(*PLANT_SUPPLY_C, supply_c=supply_c)
    checks.finish()
    return 0.0068 * supply_c**2 + 0.0008 * supply_c + 0.458


@dataclass(frozen=True, slots=True)
class Facility:
    """Power of a site by purpose; IT includes the devices' own fans (ISO/IEC 30134-2 counts them as IT)."""

    it_w: float
    fan_w: float
    cooling_w: float
    losses_w: float

    @property
    def pue(self) -> float:
        """Facility power over IT power."""
        return (self.it_w + self.fan_w + self.cooling_w + self.losses_w) / self.it_w


@formula("pue")
def facility(it_w: float, fan_w: float, *, cop: float | None, loss_share: float) -> Facility:
    """All that a rack costs the site: heat removed at a COP (none: outside air, no plant), and losses.

    `loss_share` is what supplies and distribution lose of the power that they pass on. All of rack and fans
    becomes heat in the room; the losses are taken to be outside it.
    """
    checks = Checks("facility")
    checks.positive(it_w=it_w)
    checks.non_negative(fan_w=fan_w, loss_share=loss_share)
    if cop is not None:
        checks.positive(cop=cop)
    checks.finish()
    cooling_w = (it_w + fan_w) / cop if cop is not None else 0.0
    return Facility(it_w, fan_w, cooling_w, loss_share * (it_w + fan_w + cooling_w))


@dataclass(frozen=True, slots=True)
class InletClass:
    """Inlet temperatures that equipment of a class may breathe, and how altitude lowers the upper end."""

    name: str
    lowest_c: float
    highest_c: float
    derating_m_per_k: float

    @formula("inlet_class")
    def highest_at_c(self, altitude_m: float) -> float:
        """The upper end at an altitude: it falls from 900 m on; the classes end at 3050 m."""
        checks = Checks(f"inlet class {self.name}")
        checks.between(-500.0, 3050.0, altitude_m=altitude_m)
        checks.finish()
        # One kelvin less for every so many metres above 900 m.
        return self.highest_c - max(0.0, altitude_m - 900.0) / self.derating_m_per_k


INLET_CLASSES = (
    InletClass("A1", 15.0, 32.0, 300.0),
    InletClass("A2", 10.0, 35.0, 300.0),
    InletClass("A3", 5.0, 40.0, 175.0),
    InletClass("A4", 5.0, 45.0, 125.0),
    InletClass("TS2", -34.0, 74.0, math.inf),
)
"""Allowable dry-bulb inlets (same card); the derating above 900 m is quoted from memory, so assumed. TS2 are
roadside cabinets (NEMA TS 2, quoted from memory: -34 to 74 C, no derating stated)."""


def inlet_class(name: str) -> InletClass:
    """The class of a name such as `A2`."""
    for found in INLET_CLASSES:
        if found.name == name:
            return found
    raise UnknownIdError("inlet class", name, [known.name for known in INLET_CLASSES])

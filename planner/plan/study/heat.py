"""The chosen rack over a day, and where its devices are."""

from __future__ import annotations

from dataclasses import dataclass

from planner.plan.money.economics import carrier_of, carriers_needed
from planner.plan.options.option import Option
from planner.rack.description.rack import Rack
from planner.rack.studies.day import HOURS, Hour, changes_by_hour, simulate_day
from planner.schema.scenario.scenario import Scenario, Site


@dataclass(frozen=True, slots=True)
class Elevation:
    """Height of rack and carriers, slots of a carrier, devices and spares.

    Devices fill the slots of the lowest carrier first, in the order of the simulation; spares come last.
    """

    rack_units: float
    carrier_units: float
    slots: int
    carriers: int
    count: int
    spares: int


def elevation(scenario: Scenario, option: Option) -> Elevation:
    """Where the devices of an option are."""
    carrier = carrier_of(scenario, option.part)
    installed = option.count + option.spares
    return Elevation(
        rack_units=scenario.site.rack_units * option.racks,
        carrier_units=carrier.rack_units,
        slots=carrier.slots,
        carriers=carriers_needed(installed, carrier.slots),
        count=option.count,
        spares=option.spares,
    )


def day(site: Site, rack: Rack) -> tuple[Hour, ...] | None:
    """The rack hour by hour; None where no hour differs from the next."""
    supply_by_hour_c = site.supply_by_hour_c or [site.supply_c] * HOURS
    if not changes_by_hour(rack, supply_by_hour_c):
        return None
    return simulate_day(rack, supply_by_hour_c)

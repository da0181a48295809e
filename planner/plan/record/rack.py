"""The chosen rack seen three ways for the report: slot by slot, over a day, and as it fills."""

from __future__ import annotations

from dataclasses import asdict

from planner.plan.density.study import density_of_option, density_record
from planner.plan.money.economics import carrier_of, carriers_needed
from planner.plan.study.study import Study
from planner.rack.studies.day import HOURS, changes_by_hour, simulate_day


def rack_views(study: Study) -> dict[str, object]:
    """Keys `elevation`, `slots`, `day` and `density`; null where there is no rack, or no hour differs."""
    simulated = study.simulated
    if simulated is None:
        return {"elevation": None, "slots": None, "day": None, "density": None}
    slots = simulated.result.slots
    return {
        "elevation": elevation_record(study),
        "slots": {"time_s": list(slots.time_s), "temperature_c": [list(row) for row in slots.temperature_c]},
        "day": _day(study),
        "density": density_record(density_of_option(study.source, simulated.rack, simulated.option)),
    }


def _day(study: Study) -> list[dict[str, object]] | None:
    site = study.source.scenario.site
    supply_by_hour_c = site.supply_by_hour_c or [site.supply_c] * HOURS
    if study.simulated is None or not changes_by_hour(study.simulated.rack, supply_by_hour_c):
        return None
    return [asdict(hour) for hour in simulate_day(study.simulated.rack, supply_by_hour_c)]


def elevation_record(study: Study) -> dict[str, object] | None:
    """Height of rack and carriers, slots of a carrier, devices and spares; None where none was chosen.

    Devices fill the slots of the lowest carrier first, in the order of the simulation; spares come last.
    """
    if study.simulated is None:
        return None
    scenario, option = study.source.scenario, study.simulated.option
    carrier = carrier_of(scenario, option.part)
    installed = option.count + option.spares
    return {
        "rack_units": scenario.site.rack_units * option.racks,
        "carrier_units": carrier.rack_units,
        "slots": carrier.slots,
        "carriers": carriers_needed(installed, carrier.slots),
        "count": option.count,
        "spares": option.spares,
    }

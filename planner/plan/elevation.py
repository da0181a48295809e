"""Where each device of the chosen option stands: carriers from the bottom of the rack up, slot by slot."""

from __future__ import annotations

from planner.hardware.catalog import read_device
from planner.plan.economics import carrier_of, carriers_needed
from planner.plan.study import Study


def elevation_record(study: Study) -> dict[str, object] | None:
    """Height of rack and carriers, slots of a carrier, devices and spares; None where none was chosen.

    Devices fill the slots of the lowest carrier first, in the order of the simulation; spares come last.
    """
    if study.simulated is None:
        return None
    scenario, option = study.source.scenario, study.simulated.option
    carrier = carrier_of(scenario, read_device(option.device))
    installed = option.count + option.spares
    return {
        "rack_units": scenario.site.rack_units * option.racks,
        "carrier_units": carrier.rack_units,
        "slots": carrier.slots,
        "carriers": carriers_needed(installed, carrier.slots),
        "count": option.count,
        "spares": option.spares,
    }

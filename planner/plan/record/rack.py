"""The chosen rack as JSON, seen three ways: slot by slot, over a day, and as it fills."""

from __future__ import annotations

from planner.plan.study.heat import Elevation
from planner.rack.counts.results import SlotTemperatures
from planner.rack.studies.day import Hour
from planner.schema.record import ElevationRecord, HourRecord, SlotsRecord


def slots_record(slots: SlotTemperatures) -> SlotsRecord:
    """Temperatures over time, one column a device in use."""
    return {"time_s": list(slots.time_s), "temperature_c": [list(row) for row in slots.temperature_c]}


def hour_record(hour: Hour) -> HourRecord:
    """One hour of a day; null where more is asked than can be served."""
    return {
        "hour": hour.hour,
        "load_ratio": hour.load_ratio,
        "supply_c": hour.supply_c,
        "inlet_c": hour.inlet_c,
        "temperature_mean_c": hour.temperature_mean_c,
        "temperature_max_c": hour.temperature_max_c,
        "power_w": hour.power_w,
        "queue_mean": hour.queue_mean,
        "queue_max": hour.queue_max,
        "utilisation": hour.utilisation,
        "p99_s": hour.p99_s,
    }


def elevation_record(found: Elevation) -> ElevationRecord:
    """Where the devices are."""
    return {
        "rack_units": found.rack_units,
        "carrier_units": found.carrier_units,
        "slots": found.slots,
        "carriers": found.carriers,
        "count": found.count,
        "spares": found.spares,
    }

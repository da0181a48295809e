"""Coolers from what was measured: a settled temperature at a known power and air is a resistance."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from planner.latency.anchoring.file import PowerReading, read_measurements
from planner.latency.anchoring.measured import MeasuredSource
from planner.latency.anchoring.power import of_plan
from planner.latency.calibrated.file import is_calibration
from planner.schema.scenario.cooler import OwnCooler, Reading
from planner.schema.scenario.scenario import Scenario


def with_measured_coolers(scenario: Scenario, sources: tuple[MeasuredSource, ...]) -> Scenario:
    """The scenario with the cooler of each part as its readings give it.

    A cooler that the scenario states by numbers stays. Of several readings of one part that of most power
    counts: it stands farthest over the air, so that errors of thermometers weigh least.
    """
    found: dict[str, PowerReading] = {}
    for reading in _readings(sources):
        device = reading.device
        if device is None or isinstance(scenario.cooler_of(device), OwnCooler):
            continue
        if device not in found or found[device].power_w < reading.power_w:
            found[device] = reading
    if not found:
        return scenario
    coolers = {device: _cooler(reading) for device, reading in found.items()}
    candidates = scenario.candidates.model_copy(
        update={"coolers": {**scenario.candidates.coolers, **coolers}}
    )
    given = scenario.deployment
    if given is not None and given.device in coolers:
        given = given.model_copy(update={"cooler": coolers[given.device]})
    return scenario.model_copy(update={"candidates": candidates, "deployment": given})


def _readings(sources: tuple[MeasuredSource, ...]) -> Iterator[PowerReading]:
    """Readings with a settled temperature over that of the air."""
    for source in sources:
        path = Path(source.path)
        if is_calibration(path):
            continue
        for reading in (of_plan(each, source) for each in read_measurements(path).powers):
            air_c, die_c = reading.ambient_c, reading.temperature_c
            if air_c is not None and die_c is not None and reading.settled and die_c > air_c:
                yield reading


def _cooler(reading: PowerReading) -> OwnCooler:
    settled = Reading.model_construct(
        power_w=reading.power_w, temperature_c=reading.temperature_c, ambient_c=reading.ambient_c
    )
    return OwnCooler.model_construct(measured=settled, kind="unknown", note=reading.source)

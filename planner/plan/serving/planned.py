"""A served scenario as it would have been planned: from the network's file, before anything of it was run.

Its service times are estimates of the calibrated machine, times what `planner calibrate --serving` has found
between a benchmark loop and a server, with the scatter that it has found. Arrivals are others than those that
were served: a plan does not know them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from planner.calibration.serving.compare import DRAWS, Side, simulated_side, with_times, with_variation
from planner.calibration.serving.loaded import Engine
from planner.errors import PlannerError
from planner.hardware.catalog import device_ids, read_device
from planner.latency.calibrated.store import THIS_MACHINE
from planner.latency.choice import calibration_for
from planner.latency.estimate import estimate
from planner.plan.rack.in_service import measured_serving, variation_of
from planner.rack.description.rack import Rack
from planner.rack.simulation import run_replication
from planner.schema.hardware.serving import MeasuredServing
from planner.workload.workload import Workload

_BAND_DEVIATIONS = 1.645
"""Of a normal distribution, from its middle to either end of 90 %."""


@dataclass(frozen=True, slots=True)
class PlannedTimes:
    """Service times in a server by network and batch, and how uncertain their common level is.

    `deviation` is that of the logarithm: of the estimate's band, and of the factor by network.
    """

    time_s: Mapping[tuple[str, int], float]
    deviation: float
    serving: MeasuredServing


def planned_times(workloads: Mapping[tuple[str, int], Workload], engine: Engine) -> PlannedTimes | None:
    """What would have been planned with; None where this machine was not calibrated for it."""
    if THIS_MACHINE not in device_ids():
        return None
    try:
        serving = measured_serving()
        calibration, _ = calibration_for(None, THIS_MACHINE, engine.name, engine.threads, engine.precision)
    except PlannerError:
        return None
    if calibration is None:
        return None
    part = read_device(THIS_MACHINE)
    times_s, widths = {}, []
    for (network, size), workload in workloads.items():
        found = estimate(
            workload,
            part,
            precision=engine.precision,
            batch=size,
            engine=engine.name,
            threads=engine.threads,
            calibration=calibration,
        )
        band = found.latency_s
        times_s[network, size] = band.mid * serving.variation.serving_factor
        widths.append(math.log(band.high / band.low) / (2 * _BAND_DEVIATIONS))
    # Estimates of one machine err together: the level of all is one number.
    own = sum(widths) / len(widths)
    # The factors of a few networks span about two deviations each way.
    factor = math.log(serving.serving_high / serving.serving_low) / 4
    return PlannedTimes(times_s, math.hypot(own, factor), serving)


def planned_side(rack: Rack, planned: PlannedTimes) -> Side:
    """The scenario as it would have been planned: `DRAWS` runs, each at a level of its own within the band.

    Levels are the middles of equal shares of a log-normal distribution, in an order that no run's number
    depends on; the interval is where 95 % of such runs lie.
    """
    process = variation_of(planned.serving.variation)
    times_s = planned.time_s
    middle = with_variation(with_times(rack, lambda network, size: times_s[network, size]), process)
    contention = planned.serving.variation.neighbours_ratio if rack.device.instances > 1 else 0.0
    runs = []
    for draw in range(DRAWS):
        level = math.exp(planned.deviation * _level(draw))
        services = tuple(
            replace(service, batch_s=tuple(level * time_s for time_s in service.batch_s))
            for service in middle.device.services
        )
        drawn = replace(middle, device=replace(middle.device, services=services, contention=contention))
        runs.append(run_replication(drawn, "compiled", draw + 1))
    return simulated_side(rack, runs)


def _level(draw: int) -> float:
    from scipy.special import ndtri

    # A step without a common factor with DRAWS visits each share once.
    return float(ndtri(((7 * draw) % DRAWS + 0.5) / DRAWS))

"""A served scenario as it would have been planned: from the network's file, before anything of it was run.

Its service times are estimates of the calibrated machine, times what `planner calibrate --serving` has found
between them and a server, with the scatter that it has found. Arrivals are others than those that were
served: a plan does not know them. What is printed are quantiles over all that is not known: the level of the
service times, their scatter, and the arrivals.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from planner.calibration.serving.compare import Side, seen, simulated_side, with_times, with_variation
from planner.calibration.serving.loaded import ServingEngine
from planner.errors import PlannerError
from planner.plan.rack.in_service import measured_serving, variation_of
from planner.plan.serving.estimated import Estimated, estimated
from planner.rack.description.rack import Rack
from planner.rack.simulation import run_replication
from planner.schema.hardware.serving import MeasuredServing
from planner.workload.workload import Workload

LEVELS = 101
"""Runs of a plan. The 5 % quantile of so many lies with 95 % confidence between the runs of rank 1 and 10."""
OF_LEVELS = (0.05, 0.5, 0.95)


@dataclass(frozen=True, slots=True)
class PlannedTimes:
    """Service times in a server by network and batch, and how uncertain their common level is.

    `deviation` is that of the logarithm.
    """

    time_s: Mapping[tuple[str, int], float]
    deviation: float
    serving: MeasuredServing


def planned_times(
    workloads: Mapping[tuple[str, int], Workload], engine: ServingEngine
) -> PlannedTimes | None:
    """What would have been planned with; None where this machine was not calibrated for it."""
    found = estimated(workloads, engine)
    if not found:
        return None
    try:
        return times_in_service(found, measured_serving())
    except PlannerError:
        return None


def times_in_service(found: Mapping[tuple[str, int], Estimated], serving: MeasuredServing) -> PlannedTimes:
    """Estimates as service times: by the blind misses of the calibration's networks where it has them.

    Estimates of one machine err together, so the level of all is one number, with their mean deviation.
    """
    given = serving.estimates
    if given is not None:
        factor = given.factor
        own = sum(math.hypot(given.scale * item.within, item.between) for item in found.values())
        spread = 0.0
    else:
        factor = serving.variation.serving_factor
        own = sum(math.hypot(item.within, item.between) for item in found.values())
        # The factors of a few networks span about two deviations each way.
        spread = math.log(serving.serving_high / serving.serving_low) / 4
    times_s = {key: factor * item.time_s for key, item in found.items()}
    return PlannedTimes(times_s, math.hypot(own / len(found), spread), serving)


def planned_side(rack: Rack, planned: PlannedTimes) -> Side:
    """The scenario as it would have been planned: `LEVELS` runs, each at a level of its own within the band.

    Levels are the middles of equal shares of a log-normal distribution, in an order that no run's number
    depends on; the interval is where 90 % of such runs lie, by quantiles of the runs. Service times and
    arrivals are drawn anew in each.
    """
    process = variation_of(planned.serving.variation)
    times_s = planned.time_s
    middle = with_variation(with_times(rack, lambda network, size: times_s[network, size]), process)
    contention = planned.serving.variation.neighbours_ratio if rack.device.instances > 1 else 0.0
    runs = []
    for draw in range(LEVELS):
        level = math.exp(planned.deviation * level_of(draw))
        services = tuple(
            replace(service, batch_s=tuple(level * time_s for time_s in service.batch_s))
            for service in middle.device.services
        )
        drawn = replace(middle, device=replace(middle.device, services=services, contention=contention))
        runs.append(seen(run_replication(drawn, "compiled", draw + 1)))
    return simulated_side(rack, runs, OF_LEVELS)


def level_of(draw: int) -> float:
    """Deviations of a draw's level from the middle."""
    from scipy.special import ndtri

    # A step without a common factor with LEVELS visits each share once.
    return float(ndtri(((7 * draw) % LEVELS + 0.5) / LEVELS))

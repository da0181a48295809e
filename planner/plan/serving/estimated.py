"""Estimates of networks on this machine as it was calibrated, with their bands as deviations."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from planner.calibration.serving.loaded import ServingEngine
from planner.errors import PlannerError
from planner.hardware.catalog import device_ids, read_device
from planner.latency.calibrated.sittings import BAND_DEVIATIONS, within_sitting
from planner.latency.calibrated.store import THIS_MACHINE
from planner.latency.choice import calibration_for
from planner.latency.estimate import estimate
from planner.workload.workload import Workload


@dataclass(frozen=True, slots=True)
class Estimated:
    """A benchmark loop's time from a network's file, and the standard deviation of its logarithm.

    `within` is that within one sitting, `between` that of the machine's speed from one sitting to another.
    """

    time_s: float
    within: float
    between: float


def estimated(
    workloads: Mapping[tuple[str, int], Workload], engine: ServingEngine
) -> dict[tuple[str, int], Estimated]:
    """The estimate of each network at each batch; empty where this machine was not calibrated for it."""
    if THIS_MACHINE not in device_ids():
        return {}
    try:
        calibration, _ = calibration_for(None, THIS_MACHINE, engine.name, engine.threads, engine.precision)
    except PlannerError:
        return {}
    if calibration is None:
        return {}
    part, between, found = read_device(THIS_MACHINE), calibration.error.between_runs, {}
    for (network, size), workload in workloads.items():
        band = estimate(
            workload,
            part,
            precision=engine.precision,
            batch=size,
            engine=engine.name,
            threads=engine.threads,
            calibration=calibration,
        ).latency_s
        whole = math.log(band.high / band.low) / (2 * BAND_DEVIATIONS)
        found[network, size] = Estimated(band.mid, within_sitting(whole, between), between)
    return found

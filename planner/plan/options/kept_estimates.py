"""Estimates by the database alone, kept between the questions of one process.

Sizing, costs, a report, sweeps and fleets ask for the same networks on the same parts again and again. What
is kept holds its network and part, so that no other gets their ids.
"""

from __future__ import annotations

from planner.latency.kernels.prepared import Preparation
from planner.latency.result import Estimate
from planner.schema.hardware.device import Device
from planner.workload.workload import Workload

_MOST_NETWORKS = 32
_MOST_ESTIMATES = 1000
"""Of some 60 kB each; beyond, all are dropped."""

_preparations: dict[int, Preparation] = {}
_estimates: dict[tuple[object, ...], tuple[Preparation, Device, Estimate]] = {}


def preparation_of(workload: Workload) -> Preparation:
    """A network made ready, the same for all questions that have the same network.

    By identity: networks hold mappings, which have no hash.
    """
    if id(workload) not in _preparations:
        if len(_preparations) >= _MOST_NETWORKS:
            forget_estimates()
        _preparations[id(workload)] = Preparation(workload)
    return _preparations[id(workload)]


def kept_estimate(key: tuple[object, ...]) -> Estimate | None:
    """What is kept of a setting: ids of its preparation and its part, and all else that it rests on."""
    found = _estimates.get(key)
    return None if found is None else found[2]


def keep_estimate(key: tuple[object, ...], prepared: Preparation, device: Device, estimate: Estimate) -> None:
    """Keep the estimate of a setting with the values whose ids are in its key."""
    if len(_estimates) >= _MOST_ESTIMATES:
        forget_estimates()
    _estimates[key] = prepared, device, estimate


def forget_estimates() -> None:
    """Drop all that is kept, such as where sentences are reworded."""
    _preparations.clear()
    _estimates.clear()

"""The chosen part at other counts, batches, precisions and loads: sized in closed form, for a reader to turn.

Every point is what `planner.plan.sizing.closed_form` says of it; none is simulated, and none lies between the
points.
"""

from __future__ import annotations

from dataclasses import dataclass

from planner.errors import InputError
from planner.latency.record import band_record
from planner.plan.options.batches import batch_sizes
from planner.plan.options.option import NetworkOnPart, Option
from planner.plan.sizing.closed_form import sized_option
from planner.plan.study.study import Study
from planner.schema.hardware.device import Device, Precision
from planner.schema.scenario.scenario import Scenario
from planner.units import format_percent
from planner.wording.message import message

LOADS = (0.5, 0.75, 1.0, 1.25, 1.5, 2.0)
"""Shares of the scenario's load."""
_MOST_COUNTS = 12


@dataclass(frozen=True, slots=True)
class WhatIf:
    """The points of the grid, precision outermost, then batch, load and devices; None where it cannot run."""

    precisions: tuple[str, ...]
    batches: tuple[int, ...]
    loads: tuple[float, ...]
    devices: tuple[int, ...]
    points: tuple[Option | None, ...]


def what_if(study: Study) -> WhatIf | None:
    """The grid around the chosen option; None where nothing was chosen."""
    if study.simulated is None:
        return None
    chosen, scenario = study.simulated.option, study.source.scenario
    precisions = tuple(dict.fromkeys((Precision(chosen.precision), *scenario.candidates.precisions)))
    batches = tuple(sorted({chosen.batch, *batch_sizes(scenario.candidates.max_batch)}))
    devices = _counts(chosen.count)
    networks = {(p, b): _networks(study, chosen, p, b) for p in precisions for b in batches}
    loaded = {load: _loaded(scenario, load) for load in LOADS}
    points = tuple(
        _point(study, loaded[load], chosen.part, networks[precision, batch], count)
        for precision in precisions
        for batch in batches
        for load in LOADS
        for count in devices
    )
    return WhatIf(tuple(map(str, precisions)), batches, LOADS, devices, points)


def _counts(chosen: int) -> tuple[int, ...]:
    """Up to a dozen counts around the chosen one, which is among them."""
    low, high = max(1, chosen // 2), max(chosen + 3, round(chosen * 1.6))
    step = max(1, -(-(high - low) // _MOST_COUNTS))
    below = range(chosen, low - 1, -step)
    above = range(chosen, high + 1, step)
    return tuple(sorted({*below, *above}))


def _networks(
    study: Study, chosen: Option, precision: Precision, batch: int
) -> tuple[NetworkOnPart, ...] | None:
    try:
        networks = study.estimator.on_part(chosen.part, chosen.mode, precision, batch)
    except InputError:
        return None
    return networks if all(item.estimate.precision == precision for item in networks) else None


def _loaded(scenario: Scenario, load: float) -> Scenario:
    streams = [
        stream.model_copy(update={"rate_per_s": stream.rate_per_s * load}) for stream in scenario.streams
    ]
    return scenario.model_copy(update={"streams": streams})


def _point(
    study: Study,
    scenario: Scenario,
    part: Device,
    networks: tuple[NetworkOnPart, ...] | None,
    count: int,
) -> Option | None:
    if networks is None:
        return None
    return sized_option(scenario, study.estimator, part, networks, exactly=count)


def _against(point: Option | None, limit: float) -> str | None:
    """The first reason against a point; to be busier than the plan allows is one here."""
    if point is None or point.reasons:
        return point.reasons[0] if point else None
    if point.utilisation <= limit:
        return None
    return message("reason.busy", busy=format_percent(point.utilisation), limit=format_percent(limit))


def what_if_record(grid: WhatIf, utilisation_limit: float) -> dict[str, object]:
    """The grid as JSON: the axes, and one list a quantity in the order of the points."""
    points = grid.points
    against = [_against(point, utilisation_limit) for point in points]
    return {
        "precisions": list(grid.precisions),
        "batches": list(grid.batches),
        "loads": list(grid.loads),
        "devices": list(grid.devices),
        "feasible": [None if p is None else why is None for p, why in zip(points, against, strict=True)],
        "reason": against,
        "utilisation": [None if p is None else p.utilisation for p in points],
        "offered_utilisation": [None if p is None else p.offered_utilisation for p in points],
        "planning_latency_s": [
            None if p is None else band_record(p.slowest.planning_latency_s) for p in points
        ],
        "power_w": [None if p is None else p.heat.power_w for p in points],
        "temperature_c": [None if p is None else p.heat.temperature_c for p in points],
        "capital": [None if p is None else p.cost.capital for p in points],
        "total_cost": [None if p is None else p.cost.total for p in points],
    }

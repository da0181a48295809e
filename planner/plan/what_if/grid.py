"""The chosen part at other counts, batches, precisions and loads: sized in closed form, for a reader to turn.

Every point is what `planner.plan.sizing.closed_form` says of it; none is simulated, and none lies between the
points.
"""

from __future__ import annotations

from dataclasses import dataclass

from planner.errors import InputError
from planner.plan.options.batches import batch_sizes
from planner.plan.options.estimator import Estimator
from planner.plan.options.option import NetworkOnPart, Option
from planner.plan.sizing.closed_form import sized_option
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
    against: tuple[str | None, ...]
    """The first reason against each point, also where it is busier than the plan allows."""

    @property
    def feasible(self) -> tuple[bool | None, ...]:
        """Whether a point has no reason against it; None where the part cannot run."""
        return tuple(
            None if point is None else why is None
            for point, why in zip(self.points, self.against, strict=True)
        )


def what_if(scenario: Scenario, estimator: Estimator, chosen: Option) -> WhatIf:
    """The grid around an option of the scenario."""
    precisions = tuple(dict.fromkeys((Precision(chosen.precision), *scenario.candidates.precisions)))
    batches = tuple(sorted({chosen.batch, *batch_sizes(scenario.candidates.max_batch)}))
    devices = _counts(chosen.count)
    networks = {(p, b): _networks(estimator, chosen, p, b) for p in precisions for b in batches}
    loaded = {load: _loaded(scenario, load) for load in LOADS}
    # The plan's own point is the rack as it was seen to run; the others are closed forms.
    own = (chosen.precision, chosen.batch, 1.0, chosen.count)
    points = tuple(
        chosen
        if (precision, batch, load, count) == own
        else _point(estimator, loaded[load], chosen.part, networks[precision, batch], count)
        for precision in precisions
        for batch in batches
        for load in LOADS
        for count in devices
    )
    limit = scenario.planning.utilisation_limit_ratio
    against = tuple(_against(point, limit) for point in points)
    return WhatIf(tuple(map(str, precisions)), batches, LOADS, devices, points, against)


def _counts(chosen: int) -> tuple[int, ...]:
    """Up to a dozen counts around the chosen one, which is among them."""
    low, high = max(1, chosen // 2), max(chosen + 3, round(chosen * 1.6))
    step = max(1, -(-(high - low) // _MOST_COUNTS))
    below = range(chosen, low - 1, -step)
    above = range(chosen, high + 1, step)
    return tuple(sorted({*below, *above}))


def _networks(
    estimator: Estimator, chosen: Option, precision: Precision, batch: int
) -> tuple[NetworkOnPart, ...] | None:
    try:
        networks = estimator.on_part(chosen.part, chosen.mode, precision, batch, unit=chosen.unit)
    except InputError:
        return None
    return networks if all(item.estimate.precision == precision for item in networks) else None


def _loaded(scenario: Scenario, load: float) -> Scenario:
    streams = [
        stream.model_copy(update={"rate_per_s": stream.rate_per_s * load}) for stream in scenario.streams
    ]
    return scenario.model_copy(update={"streams": streams})


def _point(
    estimator: Estimator,
    scenario: Scenario,
    part: Device,
    networks: tuple[NetworkOnPart, ...] | None,
    count: int,
) -> Option | None:
    if networks is None:
        return None
    return sized_option(scenario, estimator, part, networks, exactly=count)


def _against(point: Option | None, limit: float) -> str | None:
    """The first reason against a point."""
    if point is None or point.reasons:
        return point.reasons[0] if point else None
    if round(point.offered_utilisation, 6) <= limit:
        return None
    asked = format_percent(point.offered_utilisation)
    return message("reason.capacity", asked=asked, limit=format_percent(limit))

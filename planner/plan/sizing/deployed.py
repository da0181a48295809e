"""The rack that a scenario gives, as an option with its own count."""

from __future__ import annotations

from planner.errors import InputError, Problem
from planner.hardware.operating_point import choose_mode
from planner.plan.options.estimator import Estimator
from planner.plan.options.option import Option
from planner.plan.options.planned_part import planned_part
from planner.plan.sizing.closed_form import sized_option
from planner.schema.scenario.scenario import Deployment, Scenario


def deployed_option(scenario: Scenario, given: Deployment, estimator: Estimator) -> Option:
    """The rack that a scenario gives, as an option of its own count, on the unit named or the best.

    The best is the fastest; one that is slower and carries more where only that keeps the limits.
    """
    if given.device is None:
        raise InputError(scenario.id, [Problem("deployment.device", "a part of the catalogue", "none")])
    device = planned_part(scenario, given.device)
    mode = choose_mode(device, given.mode).id
    precision = given.precision or scenario.candidates.precisions[0]
    found = estimator.on_units(
        device,
        mode,
        precision,
        scenario.candidates.max_batch,
        unit=given.unit,
        kinds=() if given.unit else tuple(scenario.candidates.units),
    )
    options = [sized_option(scenario, estimator, device, networks, exactly=given.count) for networks in found]
    return next((option for option in options if option.feasible), options[0])

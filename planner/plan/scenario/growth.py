"""A scenario as it is in a later year of its growth."""

from __future__ import annotations

import math

from planner.schema.scenario.scenario import Scenario


def scenario_in_year(scenario: Scenario, year: int) -> Scenario:
    """The scenario with the sources that its streams have in a year, counted from zero and rounded up."""
    if scenario.growth is None or year == 0:
        return scenario
    factor = (1.0 + scenario.growth.per_year_ratio) ** year
    streams = [
        # Whole sources: 10 % on 10 cameras is 11, where 10 x 1.1 in floats is a little more than 11.
        stream.model_copy(update={"count": math.ceil(stream.count * factor * (1 - 1e-12))})
        for stream in scenario.streams
    ]
    return scenario.model_copy(update={"streams": streams})

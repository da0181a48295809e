"""The rack of a device that a scenario gives by numbers: simulated without a part or a network to look up."""

from __future__ import annotations

from planner.plan.options.rack_run import RackRun
from planner.plan.rack.synthetic import synthetic_rack
from planner.plan.scenario.file import ScenarioFile
from planner.plan.sizing.runner import Progress, Runner
from planner.rack.simulation import SimulationEngine


def simulate_synthetic(
    source: ScenarioFile,
    *,
    engine: SimulationEngine = "compiled",
    progress: Progress = lambda _: None,
    keep_partial: bool = False,
) -> RackRun:
    """The rack whose device the scenario gives by numbers, as it runs."""
    rack = synthetic_rack(source.scenario)
    return RackRun(rack, Runner(engine, progress, keep_partial).rack(rack, "simulating"))

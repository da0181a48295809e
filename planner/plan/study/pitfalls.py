"""The well-known mistakes that the plan of a scenario makes."""

from __future__ import annotations

from planner.plan.pitfalls.lint import Pitfall, lint_rack
from planner.plan.scenario.file import ScenarioFile
from planner.plan.sizing.runner import Progress
from planner.plan.sizing.synthetic_run import simulate_synthetic
from planner.plan.study.study import run_study
from planner.rack.simulation import SimulationEngine


def lint_scenario(
    source: ScenarioFile, *, engine: SimulationEngine = "compiled", progress: Progress = lambda _: None
) -> tuple[Pitfall, ...]:
    """Answer a scenario and lint the answer: its study, or the rack of a device given by numbers."""
    if source.scenario.synthetic is not None:
        return lint_rack(source, simulate_synthetic(source, engine=engine, progress=progress))
    return run_study(source, engine=engine, progress=progress).pitfalls

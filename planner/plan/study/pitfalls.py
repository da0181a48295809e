"""The well-known mistakes that the plan of a scenario makes."""

from __future__ import annotations

from dataclasses import dataclass

from planner.plan.options.option import Option
from planner.plan.pitfalls.lint import Pitfall, lint_rack
from planner.plan.scenario.file import ScenarioFile
from planner.plan.sizing.runner import Progress
from planner.plan.sizing.synthetic_run import simulate_synthetic
from planner.plan.study.study import run_study
from planner.rack.simulation import SimulationEngine


@dataclass(frozen=True, slots=True)
class Linted:
    """The mistakes that a plan makes, and the plan: None of a device given by numbers, or where none fits."""

    pitfalls: tuple[Pitfall, ...]
    option: Option | None
    notes: tuple[str, ...] = ()
    """Measurements that were not used, with the reason."""


def lint_scenario(
    source: ScenarioFile, *, engine: SimulationEngine = "compiled", progress: Progress = lambda _: None
) -> tuple[Pitfall, ...]:
    """The mistakes alone, as `linted` finds them."""
    return linted(source, engine=engine, progress=progress).pitfalls


def linted(
    source: ScenarioFile, *, engine: SimulationEngine = "compiled", progress: Progress = lambda _: None
) -> Linted:
    """Answer a scenario and lint the answer: its study, or the rack of a device given by numbers."""
    if source.scenario.synthetic is not None:
        return Linted(lint_rack(source, simulate_synthetic(source, engine=engine, progress=progress)), None)
    study = run_study(source, engine=engine, progress=progress)
    option = study.simulated.option if study.simulated else None
    return Linted(study.pitfalls, option, study.estimator.notes)

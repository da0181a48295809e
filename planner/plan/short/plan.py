"""A short question answered: its scenario, the sizing of that, and the mistakes that the plan walks into."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from planner.plan.options.estimator import Estimator
from planner.plan.pitfalls.lint import Pitfall, lint
from planner.plan.scenario.evidence import asked_of
from planner.plan.scenario.file import ScenarioFile, lines_named
from planner.plan.short.question import ShortQuestion, objects_of, read_network, require_whole
from planner.plan.short.scenario import TakenDefault, write_scenario
from planner.plan.sizing.result import Sizing
from planner.plan.sizing.runner import Runner
from planner.plan.sizing.sized import size_scenario


@dataclass(frozen=True, slots=True)
class ShortPlan:
    """The answer to a short question, and the scenario that gives the same answer."""

    source: ScenarioFile
    text: str
    """Of the scenario's file."""
    defaults: tuple[TakenDefault, ...]
    """Every value that nobody asked for."""
    sizing: Sizing
    pitfalls: tuple[Pitfall, ...]
    """Mistakes that the plan of the best option walks into; none where no option was simulated."""


def answer(
    question: ShortQuestion, path: Path | None = None, *, progress: Callable[[str], None] = lambda _: None
) -> ShortPlan:
    """The plan of a question; `path` is where its scenario will be written, which is left to others."""
    require_whole(question)
    workload = read_network(question.model)
    written = write_scenario(question, path)
    source = written.source
    asked = question.model, *(item[0] for text in question.then if (item := objects_of(text)) is not None)
    workloads = [workload, *(read_network(model) for model in asked[1:])]
    named = source.scenario.streams[0].models
    estimator = Estimator(
        {
            name: workloads[asked.index(model)]
            for name, model in zip(named, dict.fromkeys(asked), strict=True)
        },
        asked_of(source).read(),
    )
    with lines_named(source):
        sizing = size_scenario(source, runner=Runner(progress=progress), estimator=estimator)
        best = sizing.best
        pitfalls = lint(source.scenario, estimator, sizing.closed, best.simulated) if best else ()
    return ShortPlan(source, written.text, written.defaults, sizing, pitfalls)

"""The whole answer to a scenario: options sized, the best one simulated, and everything the report needs.

Sizing in closed form proposes; the simulated rack decides (`planner.plan.sizing.search`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from planner.formulas import Formula
from planner.plan.compare.candidate import Refusal
from planner.plan.cost.spending import Spending, spending
from planner.plan.density.study import DensityCurve, density_of_option
from planner.plan.options.estimator import Estimator
from planner.plan.options.option import Option
from planner.plan.options.rack_run import Simulated
from planner.plan.options.what_to_measure import ToMeasure
from planner.plan.pitfalls.lint import Pitfall, lint
from planner.plan.rack.questions import FailureAnswer, failure_answer
from planner.plan.rack.synthetic import refuse_synthetic
from planner.plan.scenario.evidence import estimator_for
from planner.plan.scenario.file import ScenarioFile
from planner.plan.sizing.result import SizedOption, Sizing
from planner.plan.sizing.runner import Progress, Runner
from planner.plan.sizing.sized import size_scenario
from planner.plan.study.answer import AnswerText, answer
from planner.plan.study.assumptions import Assumption, assumptions
from planner.plan.study.choices import Choices, choices
from planner.plan.study.constraints import Constraint, constraints
from planner.plan.study.footprint import Footprint, footprint
from planner.plan.study.formulas import formulas
from planner.plan.study.heat import Elevation, day, elevation
from planner.plan.study.latency_tables import Roofline, Rung, best_of_each_part, ladder, rooflines
from planner.plan.study.ledger import Ledger, ledger
from planner.plan.study.published import PublishedFit, published_fits
from planner.plan.study.purchase import PurchaseLine, purchase
from planner.plan.study.validation import MeasuredHere, PublishedAccuracy, measured_here, validations
from planner.plan.study.warnings import warnings
from planner.plan.what_if.grid import WhatIf, what_if
from planner.rack.counts.results import Verdict
from planner.rack.simulation import SimulationEngine
from planner.rack.studies.day import Hour
from planner.shown import Shown
from planner.workload.workload import Workload

if TYPE_CHECKING:
    import pandas as pd

StudyVerdict = Verdict | Literal["INFEASIBLE"]


@dataclass(frozen=True, repr=False)
class Study(Shown):
    """A scenario answered: every option best first, the simulated rack of the chosen one, and all that a
    report shows.

    What follows from the answer is worked out when it is first asked for, and kept.
    """

    source: ScenarioFile
    estimator: Estimator
    options: tuple[Option, ...]
    refusals: tuple[Refusal, ...]
    """Settings that a candidate cannot run at all, and why."""
    sized: SizedOption | None
    """The option that was chosen, as `planner size` has it; None where none is feasible."""
    trials: tuple[Simulated, ...]
    to_measure: tuple[ToMeasure, ...] = ()
    """What to measure before ordering, what is worth most first."""

    @property
    def headline(self) -> str:
        """What it is and says, in one line."""
        chosen = self.simulated.option if self.simulated else None
        found = f"{chosen.count} x {chosen.device}" if chosen else "no rack"
        return f"of {self.source.scenario.id}: {found}, {self.verdict}; {len(self.options)} options"

    @property
    def simulated(self) -> Simulated | None:
        """The rack of the chosen option."""
        return self.sized.simulated if self.sized else None

    def to_frame(self) -> pd.DataFrame:
        """One row per option, best first; units are in the column names."""
        import pandas as pd

        return pd.DataFrame(
            {
                "device": option.device,
                "mode": option.mode,
                "precision": str(option.precision),
                "batch": option.batch,
                "count": option.count,
                "spares": option.spares,
                "utilisation": option.utilisation,
                "planning_latency_s": option.slowest.planned_latency_s(option.plan_for),
                "power_w": option.heat.power_w,
                "temperature_c": option.heat.temperature_c,
                "capital": option.cost.capital,
                "total_cost": option.cost.total,
                "currency": option.cost.currency,
                "feasible": option.feasible,
                "reasons": "; ".join(option.reasons),
            }
            for option in self.options
        )

    @property
    def workloads(self) -> Mapping[str, Workload]:
        """The scenario's networks by the names that it gives them."""
        return self.estimator.workloads

    @property
    def verdict(self) -> StudyVerdict:
        """PASS, FAIL or UNDECIDED of the chosen rack; INFEASIBLE when no option keeps the limits."""
        return self.sized.verdict if self.sized else "INFEASIBLE"

    @property
    def chosen(self) -> Option | None:
        """The option that was chosen; None where none is feasible."""
        return self.simulated.option if self.simulated else None

    @cached_property
    def answer(self) -> AnswerText:
        """The answer in words."""
        return answer(self)

    @cached_property
    def constraints(self) -> tuple[Constraint, ...]:
        """The limits of the site and what the chosen option needs of them."""
        return constraints(self.source.scenario, self.simulated, self.failures) if self.simulated else ()

    @cached_property
    def choices(self) -> Choices | None:
        """Good, better and best; None where nothing was chosen, or the scenario gives its rack."""
        sized, run = self.sized, self.simulated
        if sized is None or run is None or self.source.scenario.deployment is not None:
            return None
        return choices(run.option, sized.verdict, self.options, self.trials)

    @cached_property
    def purchase(self) -> tuple[PurchaseLine, ...]:
        """The bill of materials of the chosen option."""
        return purchase(self.source.scenario, self.chosen) if self.chosen else ()

    @cached_property
    def published(self) -> tuple[PublishedFit, ...]:
        """The models that the chosen option rests on, beside what was published."""
        return published_fits(self.chosen) if self.chosen else ()

    @cached_property
    def rooflines(self) -> tuple[Roofline, ...]:
        """Each network of the chosen option under the roofs of its unit."""
        return rooflines(self.chosen) if self.chosen else ()

    @cached_property
    def ladder(self) -> tuple[Rung, ...]:
        """The chosen part at every precision and batch size, network by network."""
        return ladder(self, self.chosen) if self.chosen else ()

    @property
    def best_of_each_part(self) -> tuple[Option, ...]:
        """The first option of each part, in the order of the options."""
        return best_of_each_part(self)

    @cached_property
    def what_if(self) -> WhatIf | None:
        """The chosen part at other counts, batches, precisions and loads."""
        return what_if(self.source.scenario, self.estimator, self.chosen) if self.chosen else None

    @cached_property
    def pitfalls(self) -> tuple[Pitfall, ...]:
        """The well-known mistakes that the plan makes, those still open first."""
        return lint(self.source.scenario, self.estimator, self.options, self.simulated)

    @cached_property
    def elevation(self) -> Elevation | None:
        """Where the devices of the chosen option are."""
        return elevation(self.source.scenario, self.chosen) if self.chosen else None

    @cached_property
    def day(self) -> tuple[Hour, ...] | None:
        """The chosen rack hour by hour; None where there is no rack, or no hour differs."""
        return day(self.source.scenario.site, self.simulated.rack) if self.simulated else None

    @cached_property
    def failures(self) -> FailureAnswer | None:
        """How often every promise of the chosen rack holds; None where the scenario states no failures."""
        run, sized = self.simulated, self.sized
        if run is None or sized is None or run.result.partial:
            return None
        return failure_answer(self.source.scenario, run.rack, sized.needed, run.option.part)

    @cached_property
    def density(self) -> DensityCurve | None:
        """The chosen rack as it fills."""
        run = self.simulated
        return density_of_option(self.source, run.rack, run.option) if run else None

    @cached_property
    def footprints(self) -> tuple[Footprint, ...]:
        """What each network takes of the chosen part."""
        chosen = self.chosen
        return tuple(footprint(chosen, item) for item in chosen.networks) if chosen else ()

    @cached_property
    def spending(self) -> Spending:
        """What is spent by the end of each year, and what the sum depends on."""
        counts = tuple(year.count for year in self.sized.years) if self.sized else ()
        return spending(self.source.scenario, self.estimator, self.options, self.chosen, counts)

    @cached_property
    def validations(self) -> tuple[PublishedAccuracy, ...]:
        """How well latency is predicted for each network of the chosen option."""
        return validations(self)

    @cached_property
    def measured_here(self) -> tuple[MeasuredHere, ...]:
        """What was measured on the chosen part, beside what was predicted without it."""
        return measured_here(self)

    @cached_property
    def assumptions(self) -> tuple[Assumption, ...]:
        """What is taken for granted."""
        return tuple(assumptions(self))

    @cached_property
    def formulas(self) -> tuple[Formula, ...]:
        """The formulas that the study rests on."""
        return formulas(self)

    @cached_property
    def ledger(self) -> Ledger:
        """Every number that the study rests on, and the documents behind them."""
        return ledger(self)

    @cached_property
    def warnings(self) -> tuple[str, ...]:
        """What a reader has to be warned of."""
        return warnings(self)


def run_study(
    source: ScenarioFile,
    *,
    engine: SimulationEngine = "compiled",
    progress: Progress = lambda _: None,
    keep_partial: bool = False,
    estimator: Estimator | None = None,
    processes: int = 1,
) -> Study:
    """Answer a scenario: simulate the rack that it gives, or size every option and find one that passes.

    The answer is the first option of `planner.plan.sizing.sized.size_scenario`. `keep_partial` is that of
    `planner.rack.simulation.simulate`; nothing further is tried after an interruption. An `estimator` of the
    same networks saves reading them again. The answer is the same for any number of `processes`.
    """
    refuse_synthetic(source.scenario)  # before its networks are looked for
    runner = Runner(engine, progress, keep_partial, processes)
    refuse_synthetic(source.scenario)
    estimator = estimator or estimator_for(source)
    return study_of(size_scenario(source, runner=runner, estimator=estimator, first_only=True), estimator)


def study_of(sizing: Sizing, estimator: Estimator) -> Study:
    """The study of a scenario that was sized: its best option, with all settings behind it."""
    best = sizing.best
    options = sizing.closed
    if best is not None:
        options = (best.option, *(option for option in options if not _same_run(option, best.option)))
    wanted = sizing.to_measure(sizing.source.file)
    return Study(sizing.source, estimator, options, sizing.refusals, best, sizing.trials, wanted)


def _same_run(a: Option, b: Option) -> bool:
    key_a = (a.device, a.unit, a.mode, a.precision, a.batch)
    return key_a == (b.device, b.unit, b.mode, b.precision, b.batch)

"""The whole answer to a scenario: options sized, the best one simulated, and everything the report needs.

Sizing in closed form proposes; the simulated rack decides (`planner.plan.sizing.search`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from planner.errors import InputError, Problem
from planner.plan.compare.candidate import Refusal
from planner.plan.options.estimator import Estimator
from planner.plan.options.option import Option
from planner.plan.options.rack_run import RackRun, Simulated
from planner.plan.rack.synthetic import refuse_synthetic, synthetic_rack
from planner.plan.scenario.file import ScenarioFile, read_workloads
from planner.plan.sizing.closed_form import size
from planner.plan.sizing.deployed import deployed_option
from planner.plan.sizing.runner import Progress, Runner, cut, rack_of_option
from planner.plan.sizing.search import Search
from planner.rack.counts.results import Verdict
from planner.rack.description.rack import Rack
from planner.rack.load.expected import grows_without_end
from planner.rack.simulation import SimulationEngine
from planner.wording.message import message
from planner.workload.workload import Workload

if TYPE_CHECKING:
    import pandas as pd

StudyVerdict = Verdict | Literal["INFEASIBLE"]


@dataclass(frozen=True, slots=True)
class Study:
    """A scenario answered: every option best first, and the simulated rack of the chosen one."""

    source: ScenarioFile
    estimator: Estimator
    options: tuple[Option, ...]
    refusals: tuple[Refusal, ...]
    """Settings that a candidate cannot run at all, and why."""
    simulated: Simulated | None
    trials: tuple[Simulated, ...]

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
        return self.simulated.verdict if self.simulated else "INFEASIBLE"


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

    Options are searched for the least count that passes, cheapest first, until none that is left could be
    cheaper. The rack that is chosen is judged over the whole band of its service latency. `keep_partial` is
    that of `planner.rack.simulation.simulate`; nothing further is tried after an interruption. An
    `estimator` of the same networks saves reading them again. The answer is the same for any number of
    `processes`.
    """
    refuse_synthetic(source.scenario)
    run = Runner(engine, progress, keep_partial, processes)
    estimator = estimator or Estimator(read_workloads(source))
    if source.scenario.deployment is not None:
        option = deployed_option(source.scenario, source.scenario.deployment, estimator)
        if grows_without_end(rack_of_option(source.scenario, option)):
            return Study(source, estimator, (option,), (), None, ())
        simulated = run.option(source.scenario, option)
        judged = run.over_the_band(source.scenario, estimator, simulated)
        return Study(source, estimator, (option,), (), judged, (simulated,))
    sized = size(source.scenario, estimator, progress=lambda device_id: progress(f"sizing {device_id}"))
    search = Search(source.scenario, estimator, run)
    chosen = _chosen(search, sized.options, run)
    options = sized.options
    if chosen is not None:
        chosen = run.over_the_band(source.scenario, estimator, chosen)
        options = (chosen.option, *(o for o in options if not _same_run(o, chosen.option)))
    return Study(source, estimator, options, sized.refusals, chosen, search.trials)


def _chosen(search: Search, options: Sequence[Option], run: Runner) -> Simulated | None:
    """The best option's rack; after an interruption the last one that was finished, where those are kept."""
    try:
        found = search.best(options)
    except KeyboardInterrupt:
        if not (run.keep_partial and search.trials):
            raise
        last = search.trials[-1]
        return last if last.result.partial else cut(last, message("simulated.interrupted_search"))
    return found.chosen if found else None


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


def rack_of(source: ScenarioFile) -> tuple[Rack, Option]:
    """The rack that the scenario gives, or else the best sized option's, and the option; none is simulated.

    `InputError` where no option keeps the scenario's limits.
    """
    scenario = source.scenario
    estimator = Estimator(read_workloads(source))
    if scenario.deployment is not None:
        option = deployed_option(scenario, scenario.deployment, estimator)
    else:
        feasible = [option for option in size(scenario, estimator).options if option.feasible]
        if not feasible:
            advice = "give a `deployment`, or see `planner report` for what each option breaks"
            problem = Problem("candidates", "an option that keeps every limit", "none", advice)
            raise InputError(source.file, [problem])
        option = feasible[0]
    return rack_of_option(scenario, option), option


def _same_run(a: Option, b: Option) -> bool:
    key_a = (a.device, a.unit, a.mode, a.precision, a.batch)
    return key_a == (b.device, b.unit, b.mode, b.precision, b.batch)

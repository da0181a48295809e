"""The whole answer to a scenario: options sized, the best one simulated, and everything the report needs.

Sizing in closed form proposes; the simulated rack decides. When an option's rack does not pass every service
level, one device is added and it is simulated again, a few times, before the next best option is tried.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from planner.data_files import scenarios_dir
from planner.errors import InputError, PlannerError, Problem
from planner.hardware.catalog import read_device
from planner.hardware.operating_point import choose_mode
from planner.latency.band import planned_bound
from planner.plan.compare import Refusal
from planner.plan.estimator import Estimator
from planner.plan.latency_bounds import with_bounds
from planner.plan.option import Option
from planner.plan.rack_model import build_rack, services_of
from planner.plan.size import size, sized_option
from planner.plan.synthetic import refuse_synthetic, synthetic_rack
from planner.rack.description import Rack
from planner.rack.load import grows_without_end
from planner.rack.results import RackResult
from planner.rack.simulation import Engine, simulate
from planner.schema.scenario import Deployment, Scenario
from planner.schema.yaml_file import read_document, validate
from planner.workload.workload import Workload
from planner.zoo.source import read_model

if TYPE_CHECKING:
    import pandas as pd

MOST_DEVICES_ADDED = 3
MOST_OPTIONS_TRIED = 4

Verdict = Literal["PASS", "FAIL", "UNDECIDED", "INFEASIBLE"]
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class ScenarioFile:
    """A scenario with the file it came from."""

    scenario: Scenario
    file: str
    folder: Path
    sha256: str


@dataclass(frozen=True, slots=True)
class RackRun:
    """A rack as it was simulated."""

    rack: Rack
    result: RackResult

    @property
    def reasons(self) -> tuple[str, ...]:
        """The limits of its site that the rack breaks; none are known of a device given by numbers."""
        return ()

    @property
    def verdict(self) -> Verdict:
        """The worst verdict over the streams; FAIL as well for a rack that breaks a limit of its site."""
        if self.reasons:
            return "FAIL"
        verdicts = {stream.verdict for stream in self.result.streams}
        if "FAIL" in verdicts:
            return "FAIL"
        return "UNDECIDED" if "UNDECIDED" in verdicts else "PASS"


@dataclass(frozen=True, slots=True)
class Simulated(RackRun):
    """One option's rack as it was simulated."""

    option: Option

    @property
    def reasons(self) -> tuple[str, ...]:
        """The limits of its site that the option breaks."""
        return self.option.reasons


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
    def verdict(self) -> Verdict:
        """PASS, FAIL or UNDECIDED of the chosen rack; INFEASIBLE when no option keeps the limits."""
        return self.simulated.verdict if self.simulated else "INFEASIBLE"


def read_scenario(path: Path) -> ScenarioFile:
    """A scenario file, or a shipped scenario by its name; every problem of the file in one `InputError`."""
    shipped = {file.stem: file for file in scenarios_dir().glob("*.yaml")}
    if not path.exists() and str(path) in shipped:
        path = shipped[str(path)]
    elif not path.exists():
        advice = "check the path, or name a shipped scenario: " + ", ".join(sorted(shipped))
        raise InputError(str(path), [Problem("SCENARIO", "a YAML file", "no such file", advice)])
    document = read_document(path)
    return ScenarioFile(validate(document, Scenario), path.name, path.parent, document.sha256)


def with_simulation(source: ScenarioFile, *, seed: int | None, replications: int | None) -> ScenarioFile:
    """The same scenario with another seed or number of replications."""
    changes = {
        key: value for key, value in (("seed", seed), ("replications", replications)) if value is not None
    }
    simulation = source.scenario.simulation.model_copy(update=changes)
    return replace(source, scenario=source.scenario.model_copy(update={"simulation": simulation}))


def read_workloads(source: ScenarioFile) -> dict[str, Workload]:
    """Each network of the scenario once, at batch one; files are looked for beside the scenario.

    Every network that cannot be read is named with its stream, all in one `InputError`.
    """
    found: dict[str, Workload] = {}
    problems = []
    for number, stream in enumerate(source.scenario.streams):
        if stream.model in found:
            continue
        try:
            found[stream.model] = read_model(_beside(source, stream.model), batch=1)
        except PlannerError as error:
            where = f"streams[{number}].model"
            problems.append(Problem(where, "a network that can be read", stream.model, str(error)))
    if problems:
        raise InputError(source.file, problems)
    return found


def _beside(source: ScenarioFile, model: str) -> str:
    return model if model.startswith("zoo:") else str(source.folder / model)


def run_study(
    source: ScenarioFile,
    *,
    engine: Engine = "compiled",
    progress: Progress = lambda _: None,
    keep_partial: bool = False,
) -> Study:
    """Answer a scenario: simulate the rack that it gives, or size every option and find one that passes.

    The best option is simulated; while it does not pass, devices are added, then the next best is tried. The
    rack that is chosen is judged over the whole band of its service latency. `keep_partial` is that of
    `planner.rack.simulation.simulate`; nothing further is tried after an interruption.
    """
    refuse_synthetic(source.scenario)
    run = _Runner(engine, progress, keep_partial)
    estimator = Estimator(read_workloads(source))
    if source.scenario.deployment is not None:
        option = _deployed_option(source.scenario, source.scenario.deployment, estimator)
        if grows_without_end(_rack(source.scenario, option)):
            return Study(source, estimator, (option,), (), None, ())
        simulated = run.option(source.scenario, option)
        judged = run.over_the_band(source.scenario, estimator, simulated)
        return Study(source, estimator, (option,), (), judged, (simulated,))
    sized = size(source.scenario, estimator, progress=lambda device_id: progress(f"sizing {device_id}"))
    trials: list[Simulated] = []
    try:
        for option in [option for option in sized.options if option.feasible][:MOST_OPTIONS_TRIED]:
            _try(source.scenario, estimator, option, run, trials)
            if trials[-1].verdict == "PASS" or trials[-1].result.partial:
                break
    except KeyboardInterrupt:
        if not (keep_partial and trials):
            raise
        trials[-1] = _cut(trials[-1], "interrupted before a rack that passes was found")
    chosen = next((trial for trial in trials if trial.verdict == "PASS"), trials[0] if trials else None)
    options = sized.options
    if chosen is not None:
        chosen = run.over_the_band(source.scenario, estimator, chosen)
        options = (chosen.option, *(o for o in options if not _same_run(o, chosen.option)))
    return Study(source, estimator, options, sized.refusals, chosen, tuple(trials))


def simulate_synthetic(
    source: ScenarioFile,
    *,
    engine: Engine = "compiled",
    progress: Progress = lambda _: None,
    keep_partial: bool = False,
) -> RackRun:
    """The rack whose device the scenario gives by numbers, as it runs."""
    rack = synthetic_rack(source.scenario)
    return RackRun(rack, _Runner(engine, progress, keep_partial).rack(rack, "simulating"))


def rack_of(source: ScenarioFile) -> tuple[Rack, Option]:
    """The rack that the scenario gives, or else the best sized option's, and the option; none is simulated.

    `InputError` where no option keeps the scenario's limits.
    """
    scenario = source.scenario
    estimator = Estimator(read_workloads(source))
    if scenario.deployment is not None:
        option = _deployed_option(scenario, scenario.deployment, estimator)
    else:
        feasible = [option for option in size(scenario, estimator).options if option.feasible]
        if not feasible:
            advice = "give a `deployment`, or see `planner report` for what each option breaks"
            problem = Problem("candidates", "an option that keeps every limit", "none", advice)
            raise InputError(source.file, [problem])
        option = feasible[0]
    return _rack(scenario, option), option


def _try(
    scenario: Scenario, estimator: Estimator, option: Option, run: _Runner, trials: list[Simulated]
) -> None:
    """Simulate an option with its own count and a few more, until one passes; each is added to the trials."""
    trials.append(run.option(scenario, option))
    device = read_device(option.device)
    for added in range(1, MOST_DEVICES_ADDED + 1):
        if trials[-1].verdict == "PASS" or trials[-1].result.partial:
            break
        grown = sized_option(scenario, estimator, device, option.networks, at_least=option.count + added)
        if not grown.feasible:
            break
        trials.append(run.option(scenario, grown))


def _cut(run: Simulated, why: str) -> Simulated:
    """The same run, marked as all that was finished."""
    return replace(run, result=replace(run.result, warnings=(why, *run.result.warnings), partial=True))


def _rack(scenario: Scenario, option: Option) -> Rack:
    device = read_device(option.device)
    return build_rack(scenario, device, option.mode, option.batch, option.services, option.count)


@dataclass(frozen=True, slots=True)
class _Runner:
    """How racks are simulated in one study."""

    engine: Engine
    progress: Progress
    keep_partial: bool

    def rack(self, rack: Rack, what: str) -> RackResult:
        return simulate(
            rack,
            engine=self.engine,
            progress=lambda done, total: self.progress(f"{what}: run {done} of {total}"),
            keep_partial=self.keep_partial,
        )

    def option(self, scenario: Scenario, option: Option) -> Simulated:
        rack = _rack(scenario, option)
        return Simulated(rack, self.rack(rack, f"simulating {option.count} x {option.device}"), option)

    def over_the_band(self, scenario: Scenario, estimator: Estimator, run: Simulated) -> Simulated:
        """The same run judged over the band of its service latency; as it is where it was interrupted."""
        if run.result.partial:
            return run
        option, device = run.option, read_device(run.option.device)
        try:
            result = with_bounds(
                run.rack,
                run.result,
                planned=planned_bound(option.plan_for),
                services_at=lambda bound: services_of(scenario, estimator, device, option.networks, bound),
                run=lambda rack: self.rack(rack, "simulating the ends of the latency band"),
            )
        except KeyboardInterrupt:
            if not self.keep_partial:
                raise
            return _cut(run, "interrupted before the ends of the latency band were simulated")
        return replace(run, result=result)


def _deployed_option(scenario: Scenario, given: Deployment, estimator: Estimator) -> Option:
    if given.device is None:
        raise InputError(scenario.id, [Problem("deployment.device", "a part of the catalogue", "none")])
    device = read_device(given.device)
    mode = choose_mode(device, given.mode).id
    precision = given.precision or scenario.candidates.precisions[0]
    networks = estimator.on_part(device, mode, precision, scenario.candidates.max_batch)
    return sized_option(scenario, estimator, device, networks, exactly=given.count)


def _same_run(a: Option, b: Option) -> bool:
    key_a = (a.device, a.unit, a.mode, a.precision, a.batch)
    return key_a == (b.device, b.unit, b.mode, b.precision, b.batch)

"""The whole answer to a scenario: options sized, the best one simulated, and everything the report needs.

Sizing in closed form proposes; the simulated rack decides. When an option's rack does not pass every service
level, one device is added and it is simulated again, a few times, before the next best option is tried.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from planner.data_files import scenarios_dir
from planner.errors import InputError, Problem
from planner.hardware.catalog import read_device
from planner.plan.compare import modes_of
from planner.plan.estimator import Estimator
from planner.plan.option import Option
from planner.plan.rack_model import build_rack
from planner.plan.size import size, sized_option
from planner.plan.synthetic import refuse_synthetic, synthetic_rack
from planner.rack.description import Rack
from planner.rack.results import RackResult
from planner.rack.simulation import simulate
from planner.schema.device import Device, Precision
from planner.schema.scenario import Scenario
from planner.schema.yaml_file import read_document, validate
from planner.workload.workload import Workload
from planner.zoo.source import read_model

MOST_DEVICES_ADDED = 3
MOST_OPTIONS_TRIED = 4

Verdict = Literal["PASS", "FAIL", "UNDECIDED", "INFEASIBLE"]
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class ScenarioFile:
    """A scenario with the file it came from."""

    scenario: Scenario
    file: str
    sha256: str


@dataclass(frozen=True, slots=True)
class RackRun:
    """A rack as it was simulated."""

    rack: Rack
    result: RackResult

    @property
    def verdict(self) -> Verdict:
        """The worst verdict over the streams."""
        verdicts = {stream.verdict for stream in self.result.streams}
        if "FAIL" in verdicts:
            return "FAIL"
        return "UNDECIDED" if "UNDECIDED" in verdicts else "PASS"


@dataclass(frozen=True, slots=True)
class Simulated(RackRun):
    """One option's rack as it was simulated."""

    option: Option


@dataclass(frozen=True, slots=True)
class Study:
    """A scenario answered: every option best first, and the simulated rack of the chosen one."""

    source: ScenarioFile
    estimator: Estimator
    options: tuple[Option, ...]
    simulated: Simulated | None
    trials: tuple[Simulated, ...]

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
    return ScenarioFile(validate(document, Scenario), path.name, document.sha256)


def with_simulation(source: ScenarioFile, *, seed: int | None, replications: int | None) -> ScenarioFile:
    """The same scenario with another seed or number of replications."""
    changes = {
        key: value for key, value in (("seed", seed), ("replications", replications)) if value is not None
    }
    simulation = source.scenario.simulation.model_copy(update=changes)
    return replace(source, scenario=source.scenario.model_copy(update={"simulation": simulation}))


def read_workloads(scenario: Scenario) -> dict[str, Workload]:
    """Each network of the scenario once, at batch one."""
    return {stream.model: read_model(stream.model, batch=1) for stream in scenario.streams}


def run_study(source: ScenarioFile, *, progress: Progress = lambda _: None) -> Study:
    """Size every option and simulate the best until one passes, or the tries are used up."""
    scenario = source.scenario
    refuse_synthetic(scenario)
    estimator = Estimator(read_workloads(scenario))
    options = size(scenario, estimator, progress=lambda device_id: progress(f"sizing {device_id}"))
    trials: list[Simulated] = []
    for option in [option for option in options if option.feasible][:MOST_OPTIONS_TRIED]:
        trials += _trials_of(scenario, estimator, option, progress)
        if trials[-1].verdict == "PASS":
            break
    chosen = next((trial for trial in trials if trial.verdict == "PASS"), trials[0] if trials else None)
    if chosen is not None:
        options = (chosen.option, *(o for o in options if not _same_run(o, chosen.option)))
    return Study(source, estimator, options, chosen, tuple(trials))


def simulate_deployment(source: ScenarioFile, *, progress: Progress = lambda _: None) -> RackRun | None:
    """The rack that the scenario gives, or else the best sized option's; None when nothing is feasible."""
    scenario = source.scenario
    if scenario.synthetic is not None:
        rack = synthetic_rack(scenario)
        run = simulate(rack, progress=lambda done, total: progress(f"simulating: run {done} of {total}"))
        return RackRun(rack, run)
    estimator = Estimator(read_workloads(scenario))
    if scenario.deployment is None:
        return run_study(source, progress=progress).simulated
    option = _deployed_option(scenario, estimator)
    return _simulated(scenario, estimator, option, progress)


def rack_of(source: ScenarioFile) -> tuple[Rack, Device]:
    """The rack that the scenario gives, or else the best sized option's, with its part; nothing is simulated.

    `InputError` where no option keeps the scenario's limits.
    """
    scenario = source.scenario
    estimator = Estimator(read_workloads(scenario))
    if scenario.deployment is not None:
        option = _deployed_option(scenario, estimator)
    else:
        feasible = [option for option in size(scenario, estimator) if option.feasible]
        if not feasible:
            advice = "give a `deployment`, or see `planner report` for what each option breaks"
            problem = Problem("candidates", "an option that keeps every limit", "none", advice)
            raise InputError(source.file, [problem])
        option = feasible[0]
    device = read_device(option.device)
    return build_rack(scenario, estimator, device, option, count=option.count), device


def _trials_of(
    scenario: Scenario, estimator: Estimator, option: Option, progress: Progress
) -> list[Simulated]:
    trials = [_simulated(scenario, estimator, option, progress)]
    device = read_device(option.device)
    for added in range(1, MOST_DEVICES_ADDED + 1):
        if trials[-1].verdict == "PASS":
            break
        grown = sized_option(
            scenario, device, option.mode, option.batch, option.networks, at_least=option.count + added
        )
        if not grown.feasible:
            break
        trials.append(_simulated(scenario, estimator, grown, progress))
    return trials


def _simulated(scenario: Scenario, estimator: Estimator, option: Option, progress: Progress) -> Simulated:
    device = read_device(option.device)
    rack = build_rack(scenario, estimator, device, option, count=option.count)
    what = f"simulating {option.count} x {option.device}"
    result = simulate(rack, progress=lambda done, total: progress(f"{what}: run {done} of {total}"))
    return Simulated(rack, result, option)


def _deployed_option(scenario: Scenario, estimator: Estimator) -> Option:
    given = scenario.deployment
    if given is None or given.device is None:
        raise InputError(scenario.id, [Problem("deployment", "a device and a count", "nothing")])
    device = read_device(given.device)
    mode = given.mode or modes_of(device, "default")[0]
    precision = given.precision or Precision(scenario.candidates.precisions[0])
    batch = scenario.candidates.max_batch
    networks = estimator.on_part(device, mode, precision, batch)
    return sized_option(scenario, device, mode, batch, networks, exactly=given.count)


def _same_run(a: Option, b: Option) -> bool:
    key_a = (a.device, a.unit, a.mode, a.precision, a.batch)
    return key_a == (b.device, b.unit, b.mode, b.precision, b.batch)

"""Questions about a scenario: how many of which part, will the rack hold, how hot, at what cost, what if.

Nothing heavy is imported before a function needs it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from planner.plan.cost.study import CostStudy
    from planner.plan.density.study import DensityCurve
    from planner.plan.options.rack_run import RackRun
    from planner.plan.pitfalls.lint import Pitfall
    from planner.plan.rack.questions import FailureAnswer
    from planner.plan.scenario.file import ScenarioFile
    from planner.plan.sizing.result import Sizing
    from planner.plan.study.pitfalls import Linted
    from planner.plan.study.study import Study
    from planner.plan.sweep.run import Sweep, SweepProgress
    from planner.rack.counts.results import RackResult
    from planner.rack.simulation import SimulationEngine
    from planner.rack.studies.sensitivity import Moved

Progress = Callable[[str], None]
"""Called with a line of text now and then."""


def quiet(_: str) -> None:
    """No progress."""


@dataclass(frozen=True, slots=True)
class SimulatedScenario:
    """A scenario whose rack was simulated: the run, and the study that chose the rack."""

    source: ScenarioFile
    """The scenario as it was run, with the seed and the replications that were asked for."""
    run: RackRun
    study: Study | None
    """None for a device that the scenario gives by numbers."""
    engine: SimulationEngine

    @property
    def failures(self) -> FailureAnswer | None:
        """How often every promise holds where devices fail; None where not asked, or interrupted."""
        from planner.plan.rack.promises import needed_of
        from planner.plan.rack.questions import failure_answer

        if self.run.result.partial:
            return None
        if self.study is not None:
            return self.study.failures
        scenario, rack = self.source.scenario, self.run.rack
        return failure_answer(scenario, rack, needed_of(scenario, rack, self.engine))

    @property
    def sensitivity(self) -> tuple[Moved, ...]:
        """How far each p99 moves with a few per cent of service time; empty at a use below 0.8."""
        return self.run.sensitivity(self.engine)

    @property
    def notes(self) -> tuple[str, ...]:
        """Measurements that were not used, with the reason, and what else there is to say of the others."""
        return self.study.estimator.notes if self.study else ()

    @property
    def parts(self) -> tuple[str, ...]:
        """The part in the rack, where it is one of the database."""
        chosen = self.study.simulated if self.study else None
        return (chosen.option.device,) if chosen else ()


def read_scenario(path: str | Path) -> ScenarioFile:
    """A scenario file, or a shipped scenario by its name, validated.

    Raises `InputError` with every problem of the file at once.

    >>> read_scenario("line-inspection").scenario.streams[0].count
    24
    """
    from planner.plan.scenario import file
    from planner.plan.scenario.evidence import with_coolers

    return with_coolers(file.read_scenario(Path(path)))


def evidence(
    engine: str | None = None,
    threads: int | None = None,
    calibration: str | Path | None = None,
    anchors: Sequence[str | Path] = (),
    measured: Sequence[str | Path] = (),
    instances: int | None = None,
) -> dict[str, object]:
    """What a plan is to rest on beside the database, for `with_evidence`, `sweep` and `compare`.

    `engine` runs the networks, with so many `threads` on CPUs and so many `instances` of it side by side.
    `calibration` is a file, or "none" for the database alone; the one kept for this machine is used unless
    given. `anchors` are files of measurements on the parts or of the networks, or "published"; `measured` are
    those of settings of the plan itself, as in "times.json" or "times.json,device=ID,mode=M". What says
    nothing of the plan is named and not used. Raises
    `InputError` for facts that cannot be read.

    >>> evidence("tensorrt")
    {'engine': 'tensorrt'}
    """
    found: dict[str, object] = {
        "engine": engine,
        "threads": threads,
        "instances": instances,
        "calibration": None if calibration is None else str(calibration),
        "anchors": [str(path) for path in anchors],
        "measured": _measured_texts(measured),
    }
    return {name: value for name, value in found.items() if value not in (None, [])}


def _measured_texts(measured: Sequence[str | Path]) -> list[object]:
    if not measured:
        return []
    from planner.plan.scenario.evidence import measured_text

    return [measured_text(str(path)) for path in measured]


def with_evidence(scenario: str | Path | ScenarioFile, found: Mapping[str, object]) -> ScenarioFile:
    """The scenario with what `evidence` says beside its own keys, for every question about scenarios.

    Raises `UnknownIdError` for an engine that the database does not have.

    >>> with_evidence("line-inspection", evidence(threads=2)).scenario.candidates.threads
    2
    """
    from planner.plan.scenario.evidence import with_evidence as changed

    return changed(scenario_file(scenario), found)


def allow_files_outside() -> AbstractContextManager[None]:
    """Inside the `with`, scenarios may name files outside their own folder: for scenarios that one trusts.

    As `--allow-outside` of the commands. Without it such a file is refused with an `InputError`.

    >>> with allow_files_outside():
    ...     read_scenario("line-inspection").file
    'line-inspection.yaml'
    """
    from planner import data_files

    return data_files.allow_files_outside()


def size(
    scenario: str | Path | ScenarioFile,
    *,
    most_parts: int = 8,
    engine: SimulationEngine = "compiled",
    progress: Progress = quiet,
) -> Sizing:
    """How many of which part a scenario takes, the best part first, each simulated.

    The best settings of `most_parts` parts are simulated, the cheapest in closed form first. `engine` is
    "compiled" or "simpy" (slow, to check the other). Latencies are in seconds, powers in watts, money in the
    scenario's currency. No option that keeps the limits is an answer with ``feasible = False``. Raises
    `InputError` for a scenario whose device is given by numbers, and for less than one part.

    >>> size("line-inspection", most_parts=1).feasible
    True
    """
    from planner.errors import InputError, Problem
    from planner.plan.scenario.file import lines_named
    from planner.plan.sizing.runner import Runner
    from planner.plan.sizing.sized import size_scenario

    if most_parts < 1:
        raise InputError("size", [Problem("most_parts", "one or more", str(most_parts))])
    with lines_named(source := scenario_file(scenario)):
        return size_scenario(source, runner=Runner(engine, progress), most_parts=most_parts)


def simulate(
    scenario: str | Path | ScenarioFile,
    *,
    engine: SimulationEngine = "compiled",
    seed: int | None = None,
    replications: int | None = None,
    log: str | Path | None = None,
    log_every: int = 1,
    progress: Progress = quiet,
) -> RackResult | None:
    """Simulate a scenario's rack: the one it gives, or the best that fits; None when nothing is feasible.

    Latencies are in seconds, temperatures in degC, powers in watts. `seed` and `replications` are instead of
    the scenario's. `log` (.csv or .parquet) gets what each device did in the first run, every `log_every`
    seconds. Raises `InputError` for a log of another ending, `OutputError` where it cannot be written.

    >>> round(simulate("theory-md1", replications=2).devices.utilisation, 2)
    0.8
    """
    if log is not None:
        check_log(log)
    found = simulate_scenario(
        scenario, engine=engine, seed=seed, replications=replications, progress=progress
    )
    if not isinstance(found, SimulatedScenario):
        return None
    if log is not None:
        write_log(found, log, every=log_every)
    return found.run.result


def simulate_scenario(
    scenario: str | Path | ScenarioFile,
    *,
    engine: SimulationEngine = "compiled",
    seed: int | None = None,
    replications: int | None = None,
    keep_partial: bool = False,
    progress: Progress = quiet,
) -> SimulatedScenario | Study:
    """As `simulate`, with the rack, its verdict and the options that were not chosen.

    The study alone, with a reason for each option, where no candidate keeps every limit. With `keep_partial`
    Ctrl-C after the first run ends with what is finished, marked ``partial``.

    >>> simulate_scenario("theory-md1", replications=2).run.rack.count
    1
    """
    from planner.plan.scenario.file import lines_named, with_simulation

    source = with_simulation(scenario_file(scenario), seed=seed, replications=replications)
    with lines_named(source):
        if source.scenario.synthetic is not None:
            from planner.plan.sizing.synthetic_run import simulate_synthetic

            run = simulate_synthetic(source, engine=engine, progress=progress, keep_partial=keep_partial)
            return SimulatedScenario(source, run, None, engine)
        from planner.plan.study.study import run_study

        study = run_study(source, engine=engine, progress=progress, keep_partial=keep_partial)
    return SimulatedScenario(source, study.simulated, study, engine) if study.simulated else study


def check_log(path: str | Path) -> None:
    """Refuse a log of `simulate` that could not be written in the end; raises what `simulate` raises of it.

    >>> check_log("log.csv")
    """
    from planner.rack.run.device_log import refuse_log

    refuse_log(Path(path))


def write_log(found: SimulatedScenario, path: str | Path, *, every: int = 1) -> Path | None:
    """Write what each device did in the first run, every so many seconds, to FILE.csv or FILE.parquet.

    None, or after Ctrl-C the file with the seconds that were finished. Raises what `simulate` raises of it.

    >>> write_log(simulate_scenario("theory-md1", replications=2), "log.csv")
    """
    from planner.rack.run.device_log import partial_path
    from planner.rack.simulation import log_replication

    try:
        log_replication(found.run.rack, Path(path), engine=found.engine, every=every)
    except KeyboardInterrupt:
        return partial_path(Path(path))
    return None


def density(scenario: str | Path | ScenarioFile) -> DensityCurve:
    """Heat (degC), power (W) and throughput of a scenario's rack by number of devices, and its limit.

    Every device keeps the load that it has in the scenario. Raises `InputError` where no option keeps the
    scenario's limits.

    >>> density("line-inspection").limit.devices > 0
    True
    """
    from planner.plan.density.study import density_curve
    from planner.plan.scenario.file import lines_named

    with lines_named(source := scenario_file(scenario)):
        return density_curve(source)


def cost(
    scenario: str | Path | ScenarioFile,
    *,
    device: str | None = None,
    draws: int = 1000,
    seed: int | None = None,
    progress: Progress = quiet,
) -> CostStudy:
    """What a scenario costs: each part's bill, the tornado of the cheapest, Monte Carlo over all inputs.

    `device` narrows the candidates to one part. Money is in the scenario's currency, carbon in kg. Raises
    `InputError` where the price of the part asked about, or of every one, is missing.

    >>> cost("line-inspection", draws=100).options[0].bill.currency
    'USD'
    """
    from planner.plan.cost.study import cost_study
    from planner.plan.scenario.file import lines_named

    with lines_named(source := scenario_file(scenario)):
        return cost_study(source, device=device, draws=draws, seed=seed, progress=progress)


def sweep(
    scenario: str | Path | ScenarioFile,
    settings: Mapping[str, object] | Sequence[str],
    folder: str | Path,
    *,
    random: int | None = None,
    seed: int = 0,
    workers: int | None = None,
    scheduler: str | None = None,
    evidence: Mapping[str, object] | None = None,
    progress: Callable[[SweepProgress], None] = lambda _: None,
    tell: Progress = quiet,
) -> Sweep:
    """A scenario answered at every combination of values of its keys, or at `random` points drawn over them.

    `settings` are lists of values by key, as the scenario's file would hold them, or a text with a range such
    as `"5..20 FPS"`; or texts such as `"site.supply=20 degC,35 degC"`. Finished points are kept in `folder`;
    the same call goes on where an earlier one ended. A scenario that was read already is read again from its
    file. `workers` is the number of processes (None: the cores), `scheduler` the address of one of Dask.
    `evidence` is what the estimates rest on beside the scenario's own keys (see the function of that name).
    `tell` gets a line where the simulation's engine has to be compiled first. Raises `InputError` for unknown
    keys and refused values, `OutputError` for a folder that cannot be written or is another sweep's.

    >>> len(sweep("line-inspection", {"planning.spares": [0, 1]}, "spares").to_frame())
    2
    """
    from planner.plan.scenario.file import ScenarioFile
    from planner.plan.sweep.run import run_sweep

    path = scenario.folder / scenario.file if isinstance(scenario, ScenarioFile) else Path(scenario)
    return run_sweep(
        path,
        settings,
        Path(folder),
        draws=random,
        seed=seed,
        workers=workers,
        scheduler=scheduler,
        evidence=evidence or {},
        progress=progress,
        tell=tell,
    )


def lint(scenario: str | Path | ScenarioFile, *, progress: Progress = quiet) -> tuple[Pitfall, ...]:
    """Which well-known mistakes the plan of a scenario walks into, with numbers of this plan.

    The plan is the rack that the scenario gives, or the one that `size` would choose.

    >>> [pitfall.id for pitfall in lint("theory-md1")]
    []
    """
    return linted(scenario, progress=progress).pitfalls


def linted(scenario: str | Path | ScenarioFile, *, progress: Progress = quiet) -> Linted:
    """As `lint`, with the option that the plan is: its part, unit, engine and service times.

    >>> linted("theory-md1").option is None
    True
    """
    from planner.plan.scenario.file import lines_named
    from planner.plan.study.pitfalls import linted as found

    with lines_named(source := scenario_file(scenario)):
        return found(source, progress=progress)


def scenario_file(scenario: str | Path | ScenarioFile) -> ScenarioFile:
    """The scenario itself where it was read already, else read as `read_scenario` does.

    >>> scenario_file("line-inspection").file
    'line-inspection.yaml'
    """
    return read_scenario(scenario) if isinstance(scenario, str | Path) else scenario

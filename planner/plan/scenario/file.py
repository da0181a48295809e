"""A scenario file: found, validated, its names checked against the catalogs, its networks read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from planner.data_files import scenarios_dir
from planner.errors import InputError, PlannerError, Problem, nearest_names
from planner.plan.scenario.beside import require_files_beside, with_whole_paths
from planner.plan.scenario.climate import with_climate
from planner.plan.scenario.conversations import as_conversations, as_written, no_frames
from planner.plan.scenario.known_names import networks_named, require_known_names
from planner.schema.reading.problems import dotted
from planner.schema.reading.yaml_file import Document, read_document, validate
from planner.schema.scenario.scenario import Scenario
from planner.units import did_you_mean

if TYPE_CHECKING:
    from planner.workload.workload import Workload


@dataclass(frozen=True, slots=True, repr=False)
class ScenarioFile:
    """A scenario with the file it came from."""

    scenario: Scenario
    file: str
    folder: Path
    sha256: str
    lines: Mapping[str, int] = field(default_factory=dict, compare=False, repr=False)
    """The line of each key by its path, such as `streams[0].model`."""

    def __repr__(self) -> str:
        streams = len(self.scenario.streams) + len(self.scenario.conversations)
        return f"<ScenarioFile {self.scenario.id}: {self.scenario.title}, {streams} streams>"

    def line_of(self, where: str) -> int | None:
        """The line of this key, or of the nearest enclosing key that the file has."""
        while where and where not in self.lines:
            where = where[: max(where.rfind("."), where.rfind("["), 0)]
        return self.lines.get(where)


def scenario_path(path: Path) -> Path:
    """Where a scenario's file is: the path itself, or that of a shipped scenario by its name."""
    shipped = {file.stem: file for file in scenarios_dir().glob("*.yaml")}
    if path.exists():
        return path
    if str(path) in shipped:
        return shipped[str(path)]
    beside = {file.name: str(file) for file in path.parent.glob("*.yaml")} if path.parent.is_dir() else {}
    near = nearest_names(path.name, {**dict.fromkeys(shipped), **beside}, cutoff=0.7)
    meant = did_you_mean(beside.get(name, name) for name in near)
    advice = meant or "check the path, or name a shipped scenario: " + ", ".join(sorted(shipped))
    raise InputError(str(path), [Problem("SCENARIO", "a YAML file", "no such file", advice)])


def read_scenario(path: Path) -> ScenarioFile:
    """A scenario file, or a shipped scenario by its name; every problem of the file in one `InputError`."""
    path = scenario_path(path)
    return scenario_of(read_document(path), path.parent)


def scenario_of(document: Document, folder: Path) -> ScenarioFile:
    """The scenario of a document that lies in this folder; every problem of it in one `InputError`."""
    conversations = as_conversations(document)
    if conversations is None:
        return _checked(document, folder)
    try:
        return _checked(conversations, folder)
    except InputError as error:
        raise as_written(error, document) from error.__cause__


def _checked(document: Document, folder: Path) -> ScenarioFile:
    document = with_climate(document, folder)
    scenario = validate(document, Scenario)
    require_known_names(scenario, document)
    require_files_beside(scenario, folder, document)
    lines = {dotted(key): line for key, line in document.lines.items()}
    whole = with_whole_paths(scenario, folder)
    return ScenarioFile(whole, Path(document.file).name, folder, document.sha256, lines)


@contextmanager
def lines_named(source: ScenarioFile) -> Iterator[None]:
    """Inside the `with`, what is refused about this scenario's values gets the line of its key."""
    try:
        yield
    except InputError as error:
        if error.source not in (source.file, source.scenario.id):
            raise
        problems = [
            problem if problem.line is not None else replace(problem, line=source.line_of(problem.where))
            for problem in error.problems
        ]
        raise InputError(error.source, problems) from error.__cause__


def with_simulation(source: ScenarioFile, *, seed: int | None, replications: int | None) -> ScenarioFile:
    """The same scenario with another seed, or with exactly this number of replications."""
    changes: dict[str, int] = {} if seed is None else {"seed": seed}
    if replications is not None:
        changes |= {"replications": replications, "most_replications": replications}
    simulation = source.scenario.simulation.model_copy(update=changes)
    return replace(source, scenario=source.scenario.model_copy(update={"simulation": simulation}))


def read_workloads(source: ScenarioFile) -> dict[str, Workload]:
    """Each network of the scenario once, at batch one; files are looked for beside the scenario.

    Every network that cannot be read is named with its stream, all in one `InputError`; so are conversations,
    which no network of frames serves.
    """
    from planner.zoo.source import read_model

    if source.scenario.conversations:
        raise no_frames(source.file)

    found: dict[str, Workload] = {}
    problems = []
    tried: set[str] = set()
    for place, model in networks_named(source.scenario):
        if model in tried:
            continue
        tried.add(model)
        try:
            found[model] = read_model(network_at(source.folder, model), batch=1)
        except PlannerError as error:
            problems.append(Problem(dotted(place), "a network that can be read", model, str(error)))
    if problems:
        raise InputError(source.file, problems)
    return found


def network_at(folder: Path, model: str) -> str:
    """The network that a scenario in this folder names: `zoo:NAME`, or a file beside the scenario."""
    return model if model.startswith("zoo:") else str(folder / model)

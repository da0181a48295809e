"""A design as tasks: each point's scenario built, validated and named by what its answer depends on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from planner.data_files import database_dir, own_parts_dirs
from planner.distribution import VERSION
from planner.errors import InputError, PlannerError, Problem
from planner.hardware.catalog import match_devices, read_device
from planner.latency.calibrated.store import folder
from planner.plan.scenario.evidence import asked_of, files_of
from planner.plan.scenario.file import ScenarioFile, network_at
from planner.plan.scenario.known_names import networks_named
from planner.plan.sweep.columns import plain
from planner.plan.sweep.design import Point
from planner.plan.sweep.point import PointTask, source_of
from planner.plan.sweep.settings import Setting
from planner.process.inputs import note_input
from planner.read_files import open_file
from planner.schema.hardware.serving import ReplayedTimes
from planner.schema.reading.keys import value_at, with_value
from planner.schema.reading.problems import dotted
from planner.schema.scenario.scenario import Scenario
from planner.zoo.source import read_model

_MOST_PROBLEMS = 20


@dataclass(frozen=True, slots=True)
class PlannedPoint:
    """A point of the design: its task, and the columns that say what was set."""

    task: PointTask
    settings: dict[str, object]


def plan_points(
    file: str,
    folder: Path,
    values: object,
    settings: Sequence[Setting],
    points: Sequence[Point],
    hardware: Sequence[Path] = (),
) -> tuple[PlannedPoint, ...]:
    """The scenario at every point; all problems of all points in one `InputError`, before anything runs.

    Beside the schema, candidates have to match a part and networks have to be readable.
    """
    planned: list[PlannedPoint] = []
    problems: dict[tuple[str, str, str], Problem] = {}
    seen = Inputs(folder)
    for point in points:
        at_point = values
        for setting, value in zip(settings, point, strict=True):
            at_point = with_value(at_point, setting.key.path, value)
        task = PointTask(
            point="", file=file, folder=str(folder), values=at_point, hardware=[str(f) for f in hardware]
        )
        try:
            source = source_of(task)
            scenario = source.scenario
            task["point"] = digest_of(task["values"], [*seen.of(scenario), *measured_digests(source)])
        except InputError as error:
            where = ", ".join(f"{_text(s)}={v}" for s, v in zip(settings, point, strict=True))
            for problem in error.problems:
                key = (problem.where, problem.expected, problem.got)
                problems.setdefault(key, _at_point(problem, where, settings))
            continue
        columns = {
            setting.key.column: _shown(value_at(scenario, setting.key.path), value)
            for setting, value in zip(settings, point, strict=True)
        }
        planned.append(PlannedPoint(task, columns))
    if problems:
        listed = list(problems.values())
        raise InputError(f"{file} at the points asked for", listed[:_MOST_PROBLEMS])
    return tuple(planned)


def _shown(validated: object, given: object) -> object:
    """A number or a text as validated, in SI; what has parts as it was given."""
    return plain(validated if isinstance(validated, bool | int | float | str) else given)


def _text(setting: Setting) -> str:
    return dotted(setting.key.path)


def _at_point(problem: Problem, point: str, settings: Sequence[Setting]) -> Problem:
    """The problem, with the point that has it where the key itself does not tell."""
    if problem.where in {_text(setting) for setting in settings}:
        return problem
    advice = f"{problem.advice}; at {point}" if problem.advice else f"at {point}"
    return Problem(problem.where, problem.expected, problem.got, advice)


class Inputs:
    """Digests of what scenarios rest on beside their own text, each found out once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._found: dict[str, str] = {}
        self._database = _of_files(
            file for place in (database_dir(), *own_parts_dirs()) for file in sorted(place.rglob("*.yaml"))
        )

    def of(self, scenario: Scenario) -> list[str]:
        """The database, the networks and the traces of a scenario; `InputError` for what is not there."""
        problems: list[Problem] = []
        found = [self._database]
        if scenario.synthetic is None:
            for place, model in networks_named(scenario):
                found += self._once(dotted(place), model, self._network, problems)
        for number, stream in enumerate(scenario.streams):
            if stream.trace is not None:
                found += self._once(f"streams[{number}].trace", stream.trace, self._file, problems)
        if isinstance(scenario.variation, ReplayedTimes):
            found += self._once("variation.times", scenario.variation.times, self._file, problems)
        if scenario.deployment is not None and scenario.deployment.device is not None:
            found += self._once("deployment.device", scenario.deployment.device, _part, problems)
        if scenario.synthetic is None:
            for glob in scenario.candidates.devices:
                found += self._once("candidates.devices", glob, _matches, problems)
        if problems:
            raise InputError("point", problems)
        return found

    def _once(self, where: str, name: str, read: Callable[[str], str], problems: list[Problem]) -> list[str]:
        key = f"{read.__name__} {name}"
        if key not in self._found:
            try:
                self._found[key] = read(name)
            except (PlannerError, OSError) as error:
                problems.append(Problem(where, "something that is there", repr(name), str(error)))
                return []
        return [self._found[key]]

    def _network(self, model: str) -> str:
        return read_model(network_at(self._folder, model), batch=1).digest

    def _file(self, name: str) -> str:
        note_input(Path(name))
        with open_file(Path(name)) as file:
            return hashlib.file_digest(file, "sha256").hexdigest()


def _matches(glob: str) -> str:
    return ",".join(match_devices([glob]))


def _part(device_id: str) -> str:
    return read_device(device_id).id


def measured_digests(source: ScenarioFile) -> list[str]:
    """Digests of the calibrations and measurements that a point rests on, those kept for this machine too."""
    if source.scenario.synthetic is not None:
        return []
    named = files_of(asked_of(source))
    missing = [path for path in named if not path.is_file()]
    if missing:
        problems = [Problem("measured", "a file that is there", str(path)) for path in missing]
        raise InputError("point", problems)
    # With a table beside each calibration, whose digest its file has.
    return [_of_files([*named, *sorted(folder().glob("*.yaml"))])]


def _of_files(files: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.name.encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()


def digest_of(values: object, inputs: Sequence[str]) -> str:
    """The name of a question with these values and inputs: the same only where the answer cannot differ."""
    identity = json.dumps([VERSION, values, inputs], sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(identity.encode()).hexdigest()

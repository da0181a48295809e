"""A template of a fleet: a scenario's values, whose keys the table overrides, and its climates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from planner.data_files import files_outside_allowed, scenarios_dir
from planner.errors import InputError, Problem
from planner.plan.fleet.sites.columns import BY_MONTH, TemplateKeys, warmest
from planner.plan.rack.synthetic import refuse_synthetic
from planner.plan.scenario.file import scenario_of, scenario_path
from planner.schema.fleet.fleet import FleetSpec
from planner.schema.reading.problems import KeyPath
from planner.schema.reading.yaml_file import Document, read_document, validate

NAME = "fleet.yaml"
"""Of the file, where a fleet is given by its folder or by the name of a shipped one."""


@dataclass(frozen=True, slots=True)
class SiteTemplate:
    """A scenario as values, its keys, and what each climate sets of them."""

    name: str
    file: str
    folder: Path
    values: object
    keys: TemplateKeys
    climates: Mapping[str, tuple[tuple[KeyPath, object], ...]]


def fleet_path(path: Path) -> Path:
    """Where a fleet's file is: the path itself, its folder, or the name of a shipped fleet."""
    if path.is_file():
        return path
    for folder in (path, scenarios_dir() / path):
        if (folder / NAME).is_file():
            return folder / NAME
    shipped = ", ".join(sorted(file.parent.name for file in scenarios_dir().glob(f"*/{NAME}")))
    problem = Problem(
        "FLEET", "a YAML file, or its folder", "no such file", f"or name a shipped one: {shipped}"
    )
    raise InputError(str(path), [problem])


def read_spec(path: Path) -> tuple[FleetSpec, Document]:
    """A fleet's file; every problem of it in one `InputError`."""
    document = read_document(path)
    return validate(document, FleetSpec), document


def read_templates(spec: FleetSpec, document: Document, folder: Path) -> dict[str, SiteTemplate]:
    """The templates of a fleet, each a valid scenario; problems of the fleet's file in one `InputError`."""
    found: dict[str, SiteTemplate] = {}
    problems: list[Problem] = []
    for name, file in spec.templates.items():
        place: KeyPath = ("templates", name)
        try:
            path = beside(folder, file) if (folder / file).exists() else scenario_path(Path(file))
        except InputError as error:
            problem = error.problems[0]
            line = document.line_of(place)
            problems.append(Problem(f"templates.{name}", problem.expected, repr(file), problem.advice, line))
            continue
        read = read_document(path)
        refuse_synthetic(scenario_of(read, path.parent).scenario)
        keys = TemplateKeys(name, read.values)
        climates = {
            climate: _climate(climate, values, keys, document, problems)
            for climate, values in spec.climates.items()
        }
        found[name] = SiteTemplate(name, path.name, path.parent.resolve(), read.values, keys, climates)
    if problems:
        raise InputError(document.file, problems)
    return found


def beside(folder: Path, name: str) -> Path:
    """A file of a fleet; `InputError` for one outside its folder, unless that is allowed."""
    path = folder / name
    if not path.resolve().is_relative_to(folder.resolve()) and not files_outside_allowed():
        advice = "put it beside the fleet's file or below, or allow it with `--allow-outside`"
        raise InputError(name, [Problem("file", "a file in the fleet's folder or below", repr(name), advice)])
    return path


def _climate(
    climate: str,
    values: Mapping[str, object],
    keys: TemplateKeys,
    document: Document,
    problems: list[Problem],
) -> tuple[tuple[KeyPath, object], ...]:
    found: list[tuple[KeyPath, object]] = []
    for text, value in values.items():
        key, where = keys.find(text), f"climates.{climate}.{text}"
        line = document.line_of(("climates", climate, text))
        if key is None:
            expected = f"a key of the template {keys.name}"
            problems.append(Problem(where, expected, "no such key", keys.unknown(text), line))
            continue
        try:
            found.append((key.path, warmest(where, value) if text == BY_MONTH else value))
        except InputError as error:
            problem = error.problems[0]
            problems.append(Problem(where, problem.expected, problem.got, problem.advice, line))
    return tuple(found)

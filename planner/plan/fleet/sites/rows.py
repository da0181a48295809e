"""The sites of a fleet, each with the question that it asks; sites that ask the same share one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from planner.errors import InputError, Problem
from planner.plan.fleet.sites.columns import (
    Rounder,
    Rounding,
    SiteColumn,
    cell_value,
    head_problems,
    heading_of,
    missing_problems,
)
from planner.plan.fleet.sites.own_cells import OwnCells, own_cells
from planner.plan.fleet.sites.questions import Question, Questions
from planner.plan.fleet.sites.table import SiteTable
from planner.plan.fleet.sites.template import SiteTemplate
from planner.schema.fleet.fleet import OWN_COLUMNS, FleetSpec
from planner.schema.reading.problems import KeyPath

_MOST_LINES = 6


@dataclass(frozen=True, slots=True)
class FleetSite:
    """One row of the table; `question` is the number of what it asks."""

    id: str
    group: str
    template: str
    own: OwnCells
    line: int
    question: int


@dataclass(frozen=True, slots=True)
class Sites:
    """Every site in the order of the table, what they ask, and what rounding did to their numbers."""

    sites: tuple[FleetSite, ...]
    questions: tuple[Question, ...]
    roundings: tuple[Rounding, ...]


def read_sites(table: SiteTable, spec: FleetSpec, templates: Mapping[str, SiteTemplate]) -> Sites:
    """The sites of a table; every problem of it in one `InputError`, alike ones together with their lines."""
    headings = tuple(heading_of(text, spec) for text in table.columns)
    keys = {name: template.keys for name, template in templates.items()}
    problems = [*head_problems(headings, keys), *missing_problems(headings, spec)]
    if len(templates) > 1 and "template" not in table.columns:
        known = ", ".join(templates)
        problems.append(Problem("template", f"a column that says which of {known}", "none", "add it", 1))
    if problems:
        raise InputError(table.file, problems)
    reading = _RowReading(table, spec, templates, headings)
    sites = reading.sites()
    if reading.problems:
        raise InputError(table.file, _gathered(reading.problems))
    return Sites(sites, reading.questions.found, reading.rounder.roundings())


class _RowReading:
    """The walk over the rows."""

    def __init__(
        self,
        table: SiteTable,
        spec: FleetSpec,
        templates: Mapping[str, SiteTemplate],
        headings: Sequence[SiteColumn],
    ) -> None:
        self._table, self._spec, self._templates = table, spec, templates
        self._columns = [
            (number, heading) for number, heading in enumerate(headings) if heading.text not in OWN_COLUMNS
        ]
        self.rounder = Rounder(spec.round_up)
        self.questions = Questions(spec)
        self.problems: list[Problem] = []

    def sites(self) -> tuple[FleetSite, ...]:
        """A site for each row without a problem."""
        found: list[FleetSite] = []
        lines: dict[str, int] = {}
        for number, (row, line) in enumerate(zip(self._table.rows, self._table.lines, strict=True)):
            own = own_cells(dict(zip(self._table.columns, row, strict=True)), self._spec, self._templates)
            problems = [*own.problems]
            if own.cells.id in lines:
                got = f"{own.cells.id!r} again (first in line {lines[own.cells.id]})"
                problems.append(Problem("id", "each site once", got, "give it another name"))
            lines.setdefault(own.cells.id, line)
            template = self._templates.get(own.template)
            question = None if template is None else self._question(template, own.cells, row, problems)
            self.problems += [_at_line(problem, line) for problem in problems]
            if question is not None and not problems:
                opens = own.cells.opens_in or _opening(self._spec, number, len(self._table.rows))
                cells = own.cells.opening(opens)
                found.append(FleetSite(cells.id, cells.group, own.template, cells, line, question))
        return tuple(found)

    def _question(
        self, template: SiteTemplate, own: OwnCells, row: Sequence[str], problems: list[Problem]
    ) -> int | None:
        """The number of what a row asks of its template."""
        overrides = list(template.climates.get(own.climate, ()))
        before = len(problems)
        said: dict[KeyPath, str] = {}
        for number, heading in self._columns:
            if not row[number]:
                continue
            key = template.keys.find(heading.key)
            if key is None:
                expected = f"an empty cell, or a key that the template {template.name} has"
                problems.append(Problem(heading.text, expected, repr(row[number])))
                continue
            if key.path in said:
                expected = f"one column that says it, and {said[key.path]!r} does"
                problems.append(Problem(heading.text, expected, repr(row[number]), "leave one cell empty"))
                continue
            said[key.path] = heading.text
            try:
                value = cell_value(heading, self.rounder.rounded(heading, row[number]))
            except InputError as error:
                problems += error.problems
            else:
                overrides.append((key.path, value))
        if len(problems) > before:
            return None
        texts = {template.keys.find(h.key): h.text for _, h in self._columns}
        names = {key.path: text for key, text in texts.items() if key is not None}
        return self.questions.number(template, tuple(overrides), names, problems)


def _opening(spec: FleetSpec, number: int, sites: int) -> int:
    """The year, from one, in which the site of this number opens by the shares of the roll-out."""
    share = 0.0
    for year, part in enumerate(spec.rollout_ratio):
        share += part
        if number < share * sites - 1e-9:
            return year + 1
    return max(1, len(spec.rollout_ratio))


def _at_line(problem: Problem, line: int) -> Problem:
    return Problem(problem.where, problem.expected, problem.got, problem.advice, line)


def _gathered(problems: Sequence[Problem]) -> list[Problem]:
    """Alike problems as one, with the lines of the others."""
    alike: dict[tuple[str, str, str, str], list[int]] = {}
    for problem in problems:
        key = (problem.where, problem.expected, problem.got, problem.advice)
        alike.setdefault(key, []).append(problem.line or 0)
    found = []
    for (where, expected, got, advice), lines in alike.items():
        if len(lines) > 1:
            listed = ", ".join(str(line) for line in lines[1:_MOST_LINES])
            more = f" and {len(lines) - _MOST_LINES} more" if len(lines) > _MOST_LINES else ""
            repeated = f"the same in lines {listed}{more}"
            found.append(
                Problem(where, expected, got, f"{advice}; {repeated}" if advice else repeated, lines[0])
            )
        else:
            found.append(Problem(where, expected, got, advice, lines[0]))
    return sorted(found, key=lambda problem: problem.line or 0)

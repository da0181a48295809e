"""What sites ask: a template with other values, named by all that its answer depends on."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from planner.errors import InputError, Problem
from planner.plan.fleet.sites.template import SiteTemplate
from planner.plan.scenario.file import ScenarioFile, scenario_of
from planner.plan.sweep.point import PointTask
from planner.plan.sweep.tasks import Inputs, digest_of, measured_digests
from planner.schema.fleet.fleet import FleetSpec
from planner.schema.reading.problems import KeyPath, dotted
from planner.schema.reading.yaml_file import Document
from planner.schema.scenario.scenario import Scenario

Overrides = tuple[tuple[KeyPath, object], ...]

_TEXTS = {"id", "title", "question", "notes"}
"""Keys of a scenario that no answer depends on."""


@dataclass(frozen=True, slots=True)
class Question:
    """A template with the values of some sites; `digest` is the same only where the answer cannot differ."""

    template: SiteTemplate
    overrides: Overrides
    digest: str

    def task(self, hardware: Sequence[Path]) -> PointTask:
        """The question as a worker takes it."""
        return PointTask(
            point=self.digest,
            file=self.template.file,
            folder=str(self.template.folder),
            values=with_overrides(self.template.values, self.overrides),
            hardware=[str(folder) for folder in hardware],
        )


class Questions:
    """Every question that was asked so far, each once."""

    def __init__(self, spec: FleetSpec) -> None:
        self._spec = spec
        self._inputs: dict[Path, Inputs] = {}
        self._written: dict[str, int | tuple[Problem, ...]] = {}
        self._by_digest: dict[str, int] = {}
        self._found: list[Question] = []

    @property
    def found(self) -> tuple[Question, ...]:
        """In the order in which they were first asked."""
        return tuple(self._found)

    def number(
        self,
        template: SiteTemplate,
        overrides: Overrides,
        names: Mapping[KeyPath, str],
        problems: list[Problem],
    ) -> int | None:
        """The number of the question of these values; None where they are refused, with the `problems`.

        `names` are the headings of the columns, by the path of the key that each overrides.
        """
        written = json.dumps([template.name, overrides], default=str)
        if written not in self._written:
            self._written[written] = self._asked(template, overrides, names)
        known = self._written[written]
        if isinstance(known, int):
            return known
        problems += known
        return None

    def _asked(
        self, template: SiteTemplate, overrides: Overrides, names: Mapping[KeyPath, str]
    ) -> int | tuple[Problem, ...]:
        overrides = self._with_rate(template, overrides)
        try:
            source = scenario_with(template, overrides)
            refused = self._without_rate(source.scenario)
            if template.folder not in self._inputs:
                self._inputs[template.folder] = Inputs(template.folder)
            inputs = self._inputs[template.folder].of(source.scenario)
        except InputError as error:
            return tuple(_named(problem, names) for problem in error.problems)
        if refused is not None:
            return (_named(refused, names),)
        values = source.scenario.model_dump(mode="json", exclude=_TEXTS)
        digest = digest_of(["fleet", values], [*inputs, *measured_digests(source)])
        if digest not in self._by_digest:
            self._by_digest[digest] = len(self._found)
            self._found.append(Question(template, overrides, digest))
        return self._by_digest[digest]

    def _with_rate(self, template: SiteTemplate, overrides: Overrides) -> Overrides:
        """With what the fleet's currency costs in the site's own, where the fleet says so and no one else."""
        values = with_overrides(template.values, overrides)
        money = values.get("money") if isinstance(values, dict) else None
        if not isinstance(money, dict):
            return overrides
        rate = self._spec.exchange_rates.get(str(money.get("currency")))
        stated = money.get("exchange_rates") or {}
        if rate is None or not isinstance(stated, dict) or self._spec.currency in stated:
            return overrides
        path: KeyPath = ("money", "exchange_rates", self._spec.currency)
        return (*overrides, (path, 1.0 / rate))

    def _without_rate(self, scenario: Scenario) -> Problem | None:
        currency = scenario.money.currency
        if currency == self._spec.currency or currency in self._spec.exchange_rates:
            return None
        expected = f"{self._spec.currency}, or a currency under `exchange_rates` of the fleet"
        return Problem("money.currency", expected, currency)


def scenario_with(template: SiteTemplate, overrides: Overrides) -> ScenarioFile:
    """The scenario of a question; `InputError` with every problem of its values."""
    values = with_overrides(template.values, overrides)
    source = scenario_of(Document(template.file, values, {}, ""), template.folder)
    return replace(source, file=template.file)


def with_overrides(values: object, overrides: Overrides) -> object:
    """The template's values with these in place of its own; streams without any source are left out."""
    changed: Any = copy.deepcopy(values)
    for path, value in overrides:
        parent = changed
        for part in path[:-1]:
            if isinstance(part, str) and parent.get(part) is None:
                parent[part] = {}
            parent = parent[part]
        parent[path[-1]] = copy.deepcopy(value)
    streams = changed.get("streams")
    if isinstance(streams, list):
        changed["streams"] = [s for s in streams if not (isinstance(s, dict) and s.get("count") == 0)]
    return changed


def _named(problem: Problem, names: Mapping[KeyPath, str]) -> Problem:
    """The problem with the heading of the column that sets the key, where one does."""
    for path, heading in names.items():
        key = dotted(path)
        if problem.where == key or problem.where.startswith((f"{key}.", f"{key}[")):
            return replace(problem, where=heading)
    return problem

"""Which well-known mistakes a plan walks into: the rules of `hardware_db/pitfalls` on one study.

Thresholds, severities, advice and sources are data; the evidence is made of this plan's own numbers.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from planner.errors import InputError, Problem
from planner.plan.options.estimator import Estimator
from planner.plan.options.option import Option
from planner.plan.options.rack_run import RackRun, Simulated
from planner.plan.pitfalls import (
    decoder_blind,
    efficiency_blind,
    heat_and_density,
    over_compression,
    past_the_knee,
    peak_chasing,
    toolchain_tax,
)
from planner.plan.pitfalls.plan_facts import Check, PlanFacts
from planner.plan.scenario.file import ScenarioFile
from planner.plan.scenario.known_mistakes import known_mistakes
from planner.plan.sizing.closed_form import size
from planner.schema.hardware.pitfall import Mistake, Severity
from planner.schema.scenario.scenario import Scenario
from planner.wording.message import Stored

_CHECKS: Mapping[str, Mapping[str, Check]] = MappingProxyType(
    {
        "peak-chasing": peak_chasing.CHECKS,
        "efficiency-blind": efficiency_blind.CHECKS,
        "over-compression": over_compression.CHECKS,
        "toolchain-tax": toolchain_tax.CHECKS,
        "past-the-knee": past_the_knee.CHECKS,
        "heat-and-density": heat_and_density.CHECKS,
        "decoder-blind": decoder_blind.CHECKS,
    }
)
_ORDER: Mapping[str, int] = MappingProxyType({"error": 0, "warning": 1, "note": 2})


@dataclass(frozen=True, slots=True)
class Pitfall:
    """One mistake found: which, by which rule, where in the scenario, and the numbers that show it.

    `accepted` is the reason with which the scenario accepts it, None where it does not.
    """

    id: str
    rule: str
    title: str
    severity: Severity
    where: str
    evidence: str
    advice: str
    source: str
    accepted: str | None

    @property
    def open(self) -> bool:
        """Whether nobody accepted it."""
        return self.accepted is None


@functools.cache
def mistakes() -> tuple[Mistake, ...]:
    """The mistakes of the database, in the order of the checks; every rule has a check and every check a
    rule."""
    found = []
    for mistake_id, checks in _CHECKS.items():
        mistake = known_mistakes().get(mistake_id)
        if mistake is None or mistake.id != mistake_id or set(mistake.rules) != set(checks):
            got = f"{mistake.id}: {', '.join(sorted(mistake.rules))}" if mistake else "no such file"
            expected = f"{mistake_id}: {', '.join(sorted(checks))}"
            file = f"pitfalls/{mistake_id}.yaml"
            raise InputError(file, [Problem("rules", expected, got, "give each check its rule")])
        found.append(mistake)
    return tuple(found)


def lint(
    scenario: Scenario, estimator: Estimator, options: Sequence[Option], simulated: Simulated | None
) -> tuple[Pitfall, ...]:
    """The mistakes of a plan, its options and the rack that was simulated: those still open
    first, the most severe of them first.

    Raises `UnknownIdError` where the scenario accepts a mistake that no rule knows.
    """
    chosen = simulated.option if simulated else None
    option = chosen or (options[0] if options else None)
    given = scenario.deployment is not None
    compared = size(_searched(scenario), estimator).options if given else options
    facts = PlanFacts(
        scenario=scenario,
        option=option,
        run=simulated,
        others=tuple(other for other in compared if other.feasible and other is not option),
        given=given,
        estimator=estimator,
    )
    return _pitfalls(facts)


def lint_rack(source: ScenarioFile, run: RackRun) -> tuple[Pitfall, ...]:
    """The same for a device given by numbers, of which only the rack can be looked at."""
    return _pitfalls(PlanFacts(source.scenario, None, run, (), given=True, estimator=None))


def _searched(scenario: Scenario) -> Scenario:
    """The scenario as if its rack had not been given."""
    return scenario.model_copy(update={"deployment": None})


def _pitfalls(facts: PlanFacts) -> tuple[Pitfall, ...]:
    found = sorted(_found(facts), key=lambda pitfall: (not pitfall.open, _ORDER[pitfall.severity]))
    return tuple(found)


def _found(facts: PlanFacts) -> Iterator[Pitfall]:
    accepted = facts.scenario.accepted
    for mistake in mistakes():
        for name, rule in mistake.rules.items():
            reason = accepted.get(f"{mistake.id}/{name}", accepted.get(mistake.id))
            for finding in _CHECKS[mistake.id][name](facts, rule):
                yield Pitfall(
                    id=mistake.id,
                    rule=name,
                    title=Stored(f"pitfall.{mistake.id}.{name}.title", rule.title),
                    severity=rule.severity,
                    where=finding.where,
                    evidence=finding.evidence,
                    advice=Stored(f"pitfall.{mistake.id}.{name}.advice", rule.advice),
                    source=mistake.sources[rule.source].title,
                    accepted=reason,
                )

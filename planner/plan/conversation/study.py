"""A scenario of conversations answered: every part sized, the best first, curves of the best."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

from planner.conversation.results import Engine
from planner.errors import InputError, Problem, UnknownIdError
from planner.hardware.catalog import match_devices
from planner.latency.band import planned_bound
from planner.plan.compare.candidate import Refusal
from planner.plan.conversation.curves import ContextPoint, UsersPoint, context_curve, users_curve
from planner.plan.conversation.measuring import RatesToMeasure, rates_to_measure
from planner.plan.conversation.option import ConversationOption
from planner.plan.conversation.question import ConversationQuestion, Progress, question_of
from planner.plan.conversation.search import options_of
from planner.plan.conversation.sized import with_heat_seen
from planner.plan.conversation.tornado import conversation_bill, conversation_tornado
from planner.plan.cost.sensitivity import Tornado
from planner.plan.money.bill import Bill
from planner.plan.money.prices import price_of
from planner.plan.scenario.file import ScenarioFile
from planner.rack.counts.results import Verdict
from planner.shown import Shown

StudyVerdict = Literal["PASS", "FAIL", "UNDECIDED", "INFEASIBLE"]
VERDICT_ORDER = {Verdict.PASS: 0, Verdict.UNDECIDED: 1, Verdict.FAIL: 2}


@dataclass(frozen=True, repr=False)
class ConversationStudy(Shown):
    """The best setting of each part, the best part first; `options` has all of them."""

    source: ScenarioFile
    engine: Engine
    parts: tuple[ConversationOption, ...]
    options: tuple[ConversationOption, ...]
    refusals: tuple[Refusal, ...]
    asked: ConversationQuestion

    @property
    def headline(self) -> str:
        """What it is and says, in one line."""
        best = self.chosen
        none = "no option keeps every limit"
        found = f"{best.count} x {best.device}, {best.verdict.value}" if best else none
        return f"of {self.source.scenario.id}: {found}; {len(self.options)} options"

    @property
    def chosen(self) -> ConversationOption | None:
        """The best option, or the devices that the scenario gives; None where none is feasible."""
        given = self.source.scenario.deployment is not None
        return next((option for option in self.parts if option.feasible or given), None)

    @property
    def verdict(self) -> StudyVerdict:
        """Of the chosen option; INFEASIBLE without one."""
        return "INFEASIBLE" if self.chosen is None else self.chosen.verdict.value

    @cached_property
    def users(self) -> tuple[UsersPoint, ...]:
        """What one of the chosen devices gives to more and more users."""
        return users_curve(self.chosen) if self.chosen and self.chosen.ends else ()

    @cached_property
    def contexts(self) -> tuple[ContextPoint, ...]:
        """What contexts take of its memory."""
        return context_curve(self.chosen) if self.chosen else ()

    @cached_property
    def tornado(self) -> Tornado | None:
        """What its cost depends on; None without a price."""
        return conversation_tornado(self.asked, self.chosen) if self.chosen else None

    @cached_property
    def bill(self) -> Bill | None:
        """Its cost line by line; None without a price, or where nothing was simulated."""
        best = self.chosen
        price = None if best is None or best.ends is None else price_of(self.source.scenario, best.part)
        if best is None or price is None:
            return None
        return conversation_bill(self.source.scenario, best, price)

    @cached_property
    def to_measure(self) -> RatesToMeasure | None:
        """What to measure before ordering."""
        return rates_to_measure(self.asked, self.chosen) if self.chosen else None


def run_conversations(
    source: ScenarioFile,
    *,
    engine: Engine = "compiled",
    device: str | None = None,
    progress: Progress = lambda _: None,
) -> ConversationStudy:
    """Size every candidate, or simulate the devices that the scenario gives.

    `device` narrows the candidates to one. Raises `InputError` for streams of another kind, a model that
    cannot be read or does without text, and what a device that was named cannot serve.
    """
    require_conversations(source)
    asked = question_of(_narrowed(source, device), engine)
    refusals: list[Refusal] = []
    options = sorted(options_of(asked, refusals, progress), key=preference)
    best: dict[str, ConversationOption] = {}
    for option in options:
        best.setdefault(option.device, option)
    parts = sorted((with_heat_seen(asked, option) for option in best.values()), key=preference)
    return ConversationStudy(source, engine, tuple(parts), tuple(options), tuple(refusals), asked)


def require_conversations(source: ScenarioFile) -> None:
    """Refuse a scenario of frames."""
    if not source.scenario.conversations:
        expected = "streams of `kind: conversation`"
        raise InputError(source.file, [Problem("streams", expected, "streams of frames or requests")])


def preference(option: ConversationOption) -> tuple[object, ...]:
    """Feasible first, then the better verdict, of others the nearest, the lower known cost, less power."""
    cost = option.cost.total if option.cost is not None else None
    return (
        not option.feasible,
        VERDICT_ORDER[option.verdict],
        0.0 if option.feasible else _overrun(option),
        cost is None,
        cost or 0.0,
        option.heat.power_w if option.heat is not None else 0.0,
        option.count,
        option.device,
    )


def _overrun(option: ConversationOption) -> float:
    """How many times as long as promised the worst promise takes; infinite where nothing was simulated."""
    if option.ends is None:
        return math.inf
    planned = option.ends.at(planned_bound(option.plan_for))
    return max(level.reached_s / level.asked.within_s for _, level in planned.promises())


def _narrowed(source: ScenarioFile, device: str | None) -> ScenarioFile:
    if device is None:
        return source
    candidates = source.scenario.candidates
    known = match_devices(candidates.devices)
    if device not in known:
        raise UnknownIdError("candidate of the scenario", device, known)
    alone = candidates.model_copy(update={"devices": [device]})
    return replace(source, scenario=source.scenario.model_copy(update={"candidates": alone}))

"""Questions about the rack of a scenario beside its simulation: theory, events, figures that others reported.

Nothing heavy is imported before a function needs it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from planner.latency.result import Estimate
    from planner.plan.options.rack_run import RackRun
    from planner.plan.rack.claims import ClaimAnswer, Ladder
    from planner.plan.rack.questions import FailureAnswer, OffloadAnswer, UpdateAnswer
    from planner.plan.rack.soak import SoakAnswer
    from planner.plan.rack.theory import Theory
    from planner.rack.description.rack import Rack
    from planner.rack.studies.dvfs import Saving
    from planner.rack.studies.knee import Knee
    from planner.schema.scenario.cooler import CoolerAsked
    from planner.schema.scenario.scenario import Scenario


@dataclass(frozen=True, slots=True)
class ClockSaving:
    """Energy that the clock governor saves under one load, and the cases that reach the claimed range."""

    saving: Saving
    claim_reached_with: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RackAnswers:
    """Answers to what a scenario asks about its rack; None or empty where it does not ask."""

    knee: Knee | None
    update: UpdateAnswer | None
    clock_savings: tuple[ClockSaving, ...]
    failures: FailureAnswer | None
    offload: OffloadAnswer | None


@dataclass(frozen=True, slots=True)
class Claims:
    """Reported figures beside predictions, and the ladders that tell several parts by one rule."""

    answers: tuple[ClaimAnswer, ...]
    ladders: tuple[Ladder, ...]


def rack_answers(scenario: Scenario, rack: Rack, failures: FailureAnswer | None = None) -> RackAnswers:
    """Knee, model update, clock savings, failures and offloading of a rack, where the scenario asks.

    `failures` is that answer where it is known already (`SimulatedScenario.failures`): it takes simulations.
    Times are in seconds, sizes in bytes, temperatures in degC, shares from 0 to 1. Raises `InputError` for an
    update whose files cannot be read.

    >>> found = simulate_scenario("article-update", replications=2)
    >>> rack_answers(found.source.scenario, found.run.rack).update.full.total_s > 0
    True
    """
    from planner.plan.rack import questions
    from planner.plan.rack.promises import needed_of

    return RackAnswers(
        questions.knee_answer(scenario),
        questions.update_answer(scenario),
        _clock_savings(scenario),
        failures or questions.failure_answer(scenario, rack, needed_of(scenario, rack)),
        questions.offload_answer(scenario, rack),
    )


def _clock_savings(scenario: Scenario) -> tuple[ClockSaving, ...]:
    from planner.plan.rack.questions import claim_holds, clock_savings

    asked = scenario.clock_scaling
    if asked is None:
        return ()
    return tuple(ClockSaving(saving, claim_holds(asked, saving)) for saving in clock_savings(scenario))


def theory_beside(run: RackRun) -> Theory | None:
    """Queueing theory beside a simulated rack; None where no closed form fits or the rack throttled.

    >>> theory_beside(simulate_scenario("theory-mmc", replications=2).run).model
    'M/M/4'
    """
    from planner.plan.rack.theory import compare_with_theory

    return compare_with_theory(run.rack, run.result)


def claims(scenario: Scenario) -> Claims:
    """Figures reported of networks on parts (`claims` of a scenario) beside what is predicted.

    Raises `InputError` for one that cannot be predicted.

    >>> claims(read_scenario("article-hardware").scenario).ladders
    ()
    """
    from planner.plan.rack import claims as reported

    answers = reported.claim_answers(scenario)
    return Claims(answers, tuple(reported.ladders(answers)))


def soak(
    found: Estimate,
    *,
    duration_s: float = 3600.0,
    ambient_c: float = 25.0,
    altitude_m: float = 0.0,
    cooler: CoolerAsked | None = None,
) -> SoakAnswer:
    """An estimate's part from cold, busy with its network all the time: when it throttles, and what is left.

    `cooler` is one of the part's by id or kind, a resistance as in "3.2 K/W", or a cooler by numbers; None
    for the part's usual one. Temperatures are in degC, times in seconds, rates in batches a second; thin air
    cools less. Raises `UnknownIdError` for a cooler that the part lacks, `InputError` for a network that does
    not fit, for less than two minutes or more than 11 km.

    >>> from planner.api import estimate
    >>> found = estimate("zoo:resnet18", "raspberry-pi-5", precision="int8")
    >>> soak(found, cooler="passive").planned.time_to_throttle_s is None
    True
    """
    from planner.errors import InputError, Problem
    from planner.hardware.catalog import read_device
    from planner.plan.options.coolers import cooled, cooler_of_text
    from planner.plan.rack.soak import HIGHEST_M, SHORTEST_S, soak_of

    if not found.fits:
        raise InputError("soak", [Problem("model", "a network that fits the part's memory", found.model)])
    if duration_s < SHORTEST_S:
        expected = f"{SHORTEST_S:g} s or more, to compare the last minute with the first"
        raise InputError("soak", [Problem("duration", expected, f"{duration_s:g} s")])
    if not 0.0 <= altitude_m <= HIGHEST_M:
        raise InputError("soak", [Problem("altitude", f"0 to {HIGHEST_M:g} m", f"{altitude_m:g} m")])
    asked = cooler_of_text(cooler) if isinstance(cooler, str) else cooler
    return soak_of(found, cooled(read_device(found.device), asked), ambient_c, duration_s, altitude_m)

"""A big part at light load: more energy for each useful inference than a smaller one takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from planner.plan.options.option import Option
from planner.plan.pitfalls.plan_facts import Check, Finding, PlanFacts, rack_text
from planner.plan.rack.questions import claim_holds, clock_savings
from planner.schema.hardware.pitfall import PitfallRule
from planner.units import format_percent, format_quantity
from planner.wording.message import message

_Wanted = Callable[[Option], bool]


def _light_load(facts: PlanFacts, rule: PitfallRule) -> Iterator[Finding]:
    """A rack that idles most of the time, where another one would take much less energy."""
    option = facts.option
    if option is None or option.utilisation >= rule.thresholds["busy_share"]:
        return
    other = _thriftiest(facts, lambda o: o.device != option.device)
    if other is not None and _energy_j(facts, other) * rule.thresholds["times"] <= _energy_j(facts, option):
        yield Finding(
            "deployment" if facts.given else "candidates.devices",
            message(
                "evidence.light_load",
                rack=rack_text(option),
                busy=format_percent(option.utilisation),
                energy=_energy(facts, option),
                other=rack_text(other),
                other_energy=_energy(facts, other),
                other_busy=format_percent(other.utilisation),
            ),
        )


def _power_mode(facts: PlanFacts, rule: PitfallRule) -> Iterator[Finding]:
    """A power mode above the one that would do, with no more devices."""
    option = facts.option
    if option is None:
        return
    other = _thriftiest(
        facts, lambda o: o.device == option.device and o.mode != option.mode and o.count <= option.count
    )
    if other is not None and other.heat.power_w <= rule.thresholds["power_ratio"] * option.heat.power_w:
        yield Finding(
            "deployment.mode" if facts.given else "candidates.modes",
            message(
                "evidence.power_mode",
                rack=rack_text(option),
                power=f"{option.heat.power_w:,.0f}",
                other=rack_text(other),
                other_power=f"{other.heat.power_w:,.0f}",
            ),
        )


def _clock_claim(facts: PlanFacts, rule: PitfallRule) -> Iterator[Finding]:  # noqa: ARG001 - one signature for all
    """A saving by lower clocks that no case of what is unknown reaches."""
    asked = facts.scenario.clock_scaling
    if asked is None or asked.claimed_low_ratio is None:
        return
    for saving in clock_savings(facts.scenario):
        if not claim_holds(asked, saving):
            yield Finding(
                "clock_scaling.claimed_low",
                message(
                    "evidence.clock_claim",
                    claimed=format_percent(asked.claimed_low_ratio),
                    load=saving.load,
                    low=format_percent(saving.low),
                    high=format_percent(saving.high),
                ),
            )


def _thriftiest(facts: PlanFacts, wanted: _Wanted) -> Option | None:
    """The feasible option of this kind that takes least power for the same requests."""
    return min((o for o in facts.others if wanted(o)), key=lambda o: o.heat.power_w, default=None)


def _energy_j(facts: PlanFacts, option: Option) -> float:
    return option.heat.power_w / facts.requests_per_s


def _energy(facts: PlanFacts, option: Option) -> str:
    return format_quantity(_energy_j(facts, option), "j", 3)


CHECKS: Mapping[str, Check] = {
    "light-load": _light_load,
    "power-mode": _power_mode,
    "clock-claim": _clock_claim,
}

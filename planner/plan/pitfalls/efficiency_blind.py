"""A big part at light load: more energy for each useful inference than a smaller one takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from planner.plan.option import Option
from planner.plan.pitfalls.plan_facts import Check, Finding, PlanFacts, rack_text
from planner.plan.rack_life import claim_holds, clock_savings
from planner.schema.pitfall import Rule
from planner.units import format_percent, format_quantity

_Wanted = Callable[[Option], bool]


def _light_load(facts: PlanFacts, rule: Rule) -> Iterator[Finding]:
    """A rack that idles most of the time, where another one would take much less energy."""
    option = facts.option
    if option is None or option.utilisation >= rule.thresholds["busy_share"]:
        return
    other = _thriftiest(facts, lambda o: o.device != option.device)
    if other is not None and _energy_j(facts, other) * rule.thresholds["times"] <= _energy_j(facts, option):
        yield Finding(
            "deployment" if facts.given else "candidates.devices",
            f"{rack_text(option)} are busy {format_percent(option.utilisation)} of the time and take "
            f"{_energy(facts, option)} a request, "
            f"{rack_text(other)} {_energy(facts, other)} at {format_percent(other.utilisation)}",
        )


def _power_mode(facts: PlanFacts, rule: Rule) -> Iterator[Finding]:
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
            f"{rack_text(option)} draw {option.heat.power_w:,.0f} W with carriers and fans, "
            f"{rack_text(other)} "
            f"would draw {other.heat.power_w:,.0f} W and keep every limit",
        )


def _clock_claim(facts: PlanFacts, rule: Rule) -> Iterator[Finding]:  # noqa: ARG001 - one signature for all
    """A saving by lower clocks that no case of what is unknown reaches."""
    asked = facts.scenario.clock_scaling
    if asked is None or asked.claimed_low_ratio is None:
        return
    for saving in clock_savings(facts.scenario):
        if not claim_holds(asked, saving):
            claimed = f"{format_percent(asked.claimed_low_ratio)} and more"
            yield Finding(
                "clock_scaling.claimed_low",
                f"{claimed} is claimed; a load {saving.load} saves {format_percent(saving.low)} to "
                f"{format_percent(saving.high)} over all idle shares and exponents",
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

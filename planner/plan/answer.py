"""The answer to a scenario in words: headline, paragraph and the three risks that matter most."""

from __future__ import annotations

import math
from dataclasses import dataclass

from planner.hardware.catalog import read_device
from planner.plan.option import Option
from planner.plan.study import Simulated, Study
from planner.provenance import Status
from planner.units import format_quantity


@dataclass(frozen=True, slots=True)
class Answer:
    """What the first page says."""

    verdict: str
    headline: str
    paragraph: str
    risks: tuple[str, ...]


def answer(study: Study) -> Answer:
    """The answer in words; every figure in it stands in the record too."""
    if study.simulated is None:
        return _infeasible(study)
    simulated = study.simulated
    option = simulated.option
    spares = f" and {option.spares} spare" + ("s" if option.spares > 1 else "") if option.spares else ""
    headline = (
        f"{option.count} × {option.device_name}{spares}, mode {option.mode}, "
        f"{option.engine} {option.precision.upper()}, batches of up to {option.batch}"
    )
    return Answer(
        study.verdict, headline, " ".join(_sentences(study, simulated)), tuple(_risks(simulated))[:3]
    )


def _infeasible(study: Study) -> Answer:
    nearest = min(study.options, key=lambda option: len(option.reasons), default=None)
    if nearest is None:
        return Answer("INFEASIBLE", "No candidate can run these networks", "No part matched.", ())
    return Answer(
        "INFEASIBLE",
        "No candidate keeps every limit",
        f"{len(study.options)} ways to run the networks were sized and none keeps every limit. Nearest is "
        f"{nearest.count} × {nearest.device_name} ({nearest.mode}, {nearest.precision}): "
        f"{nearest.reasons[0]}.",
        tuple(nearest.reasons[:3]),
    )


def _sentences(study: Study, simulated: Simulated) -> list[str]:
    scenario, option, result = study.source.scenario, simulated.option, simulated.result
    rate = sum(stream.count * stream.rate_per_s for stream in scenario.streams)
    found = [
        f"{option.count} devices carry {rate:.0f} requests per second at "
        f"{result.devices.utilisation:.0%} utilisation."
    ]
    for stream in result.streams:
        slo_s = next(s.slo.latency_s for s in scenario.streams if s.name == stream.name)
        p99 = stream.latency_s.p99
        if p99 is not None:
            reached, asked = format_quantity(p99, "s", 3), format_quantity(slo_s, "s")
            name = stream.name[:1].upper() + stream.name[1:]
            found.append(
                f"{name}: 99 % of requests are answered within {reached}, against {asked} asked "
                f"({stream.verdict})."
            )
    temperature_c, throttle_c = result.devices.temperature_c.max, simulated.rack.device.thermal.throttle_c
    found.append(
        f"The rack draws {result.power_w:,.0f} W on average, and {option.heat.worst_power_w:,.0f} W with "
        f"every device at its limit, of {scenario.site.power_limit_w:,.0f} W; devices reach "
        f"{temperature_c:.0f} °C and throttle at {throttle_c:.0f} °C."
    )
    found.append(_money_sentence(study, option))
    found += _rival_sentence(study, option)
    return found


def _rival_sentence(study: Study, option: Option) -> list[str]:
    """How the best other part would do, or that none is feasible."""
    rival = next((other for other in study.options if other.feasible and other.device != option.device), None)
    if rival is None:
        return ["No other part of the candidates keeps every limit."]
    cost = "unknown" if rival.cost.total is None else f"{rival.cost.total:,.0f} {rival.cost.currency}"
    return [
        f"Next best is {rival.count} × {rival.device_name} at {cost} over the same time and "
        f"{rival.heat.power_w:,.0f} W."
    ]


def _money_sentence(study: Study, option: Option) -> str:
    cost, terms = option.cost, study.source.scenario.money
    running = f"{cost.running_per_year:,.0f} {cost.currency} a year in energy"
    if cost.capital is None or cost.total is None:
        return f"The price of the part is unknown; running it takes {running}."
    return (
        f"It costs {cost.capital:,.0f} {cost.currency} to buy and {running}, "
        f"{cost.total:,.0f} {cost.currency} over {terms.horizon_years:g} years."
    )


def _risks(simulated: Simulated) -> list[str]:
    option, result = simulated.option, simulated.result
    risks = []
    if simulated.verdict != "PASS":
        undecided = [stream for stream in result.streams if stream.verdict != "PASS"]
        risks.append(f"Not proven: {undecided[0].name}: {undecided[0].verdict_reason}")
    slowest = option.slowest
    correction = slowest.shortfall
    risks.append(
        f"Nothing was measured on this part with these networks. The plan takes {option.planning_text}, "
        f"{correction.p90:.2g} times the datasheet roofline in the cautious case"
        + (", a figure borrowed from other engines" if correction.borrowed else "")
        + ". Measure one unit before the order."
    )
    device = read_device(option.device)
    if device.thermal.resistance_k_per_w.status is Status.ASSUMED:
        margin_k = device.thermal.throttle_c.value - result.devices.temperature_c.max
        risks.append(
            f"The thermal resistance of {device.name} is assumed "
            f"({device.thermal.resistance_k_per_w.value:g} K/W); with it, {margin_k:.0f} K remain below the "
            f"throttle."
        )
    if device.price is not None and device.price.amount_money.confidence == "low":
        risks.append(f"The price is of low confidence ({device.price.date}); ask for a quotation.")
    risks.append(_failure_risk(option))
    return risks


def _failure_risk(option: Option) -> str:
    """What happens when one device more than the spares is out."""
    left = option.count - 1
    load = option.utilisation * option.count / left if left else math.inf
    lost = f"With {option.spares + 1} of the {option.count + option.spares} devices out of service"
    if load < 1:
        return f"{lost} the rest run at {load:.0%} of what they can serve."
    return f"{lost} the rest cannot carry the load, and requests are lost."

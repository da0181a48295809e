"""The answer to a scenario in words: headline, paragraph and the three risks that matter most."""

from __future__ import annotations

from dataclasses import dataclass

from planner.hardware.catalog import read_device
from planner.plan.option import Option
from planner.plan.study import Simulated, Study
from planner.provenance import Status
from planner.rack.results import StreamResult
from planner.rack.statistics import samples_wanted
from planner.units import format_percent, format_quantity


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
        refused = [f"{r.device}, {r.mode}, {r.precision}: {r.reason}" for r in study.refusals]
        return Answer(
            "INFEASIBLE",
            "No candidate can run these networks",
            "No candidate part computes in a precision that was asked for.",
            tuple(refused[:3]),
        )
    broken = sorted({reason.split(":")[0] for option in study.options for reason in option.reasons})
    return Answer(
        "INFEASIBLE",
        "No candidate keeps every limit",
        f"{len(study.options)} ways to run the networks were sized and none keeps every limit. Nearest is "
        f"{nearest.count} × {nearest.device_name} ({nearest.mode}, {nearest.precision}): "
        f"{nearest.reasons[0]}.",
        tuple(nearest.reasons[:3]) if len(nearest.reasons) > 1 else tuple(broken[:3]),
    )


def _sentences(study: Study, simulated: Simulated) -> list[str]:
    scenario, option, result = study.source.scenario, simulated.option, simulated.result
    rate = sum(stream.count * stream.rate_per_s for stream in scenario.streams)
    carry = "One device carries" if option.count == 1 else f"{option.count} devices carry"
    found = [
        f"{carry} {rate:,.0f} requests per second, "
        f"busy {format_percent(result.devices.utilisation)} of the time."
    ]
    found += [_stream_sentence(study, stream) for stream in result.streams]
    temperature_c, throttle_c = result.devices.temperature_c.max, simulated.rack.device.thermal.throttle_c
    found.append(
        f"The rack draws {result.power_w:,.0f} W on average, and {option.heat.worst_power_w:,.0f} W with "
        f"every device at its limit, of {scenario.site.power_limit_w:,.0f} W; devices reach "
        f"{temperature_c:.0f} °C and throttle at {throttle_c:.0f} °C."
    )
    if option.reasons:
        found.append(f"The rack as given breaks a limit: {'; '.join(option.reasons)}.")
    found.append(_money_sentence(study, option))
    if scenario.deployment is None:
        found += _rival_sentence(study, option)
    return found


def _stream_sentence(study: Study, result: StreamResult) -> str:
    """How soon the promised share of a stream's requests is answered, lost ones counted."""
    stream = next(item for item in study.source.scenario.streams if item.name == result.name)
    name = result.name[:1].upper() + result.name[1:]
    share, asked = f"{stream.slo.quantile_ratio * 100:.4g} %", format_quantity(stream.slo.latency_s, "s")
    lost = f", {result.dropped / result.requests:.2g} of them dropped" if result.dropped else ""
    if result.slo_latency_s is None:
        return (
            f"{result.name}: {share} of requests were never answered{lost}, {asked} asked ({result.verdict})."
        )
    reached = format_quantity(result.slo_latency_s, "s", 3)
    return f"{name}: {share} of requests{lost} within {reached}, {asked} asked ({result.verdict})."


def _money_sentence(study: Study, option: Option) -> str:
    cost, terms = option.cost, study.source.scenario.money
    running = f"{cost.running_per_year:,.0f} {cost.currency} a year in energy"
    if cost.capital is None or cost.total is None:
        return f"The price of the part is unknown; running it takes {running}."
    return (
        f"It costs {cost.capital:,.0f} {cost.currency} to buy and {running}, "
        f"{cost.total:,.0f} {cost.currency} over {terms.horizon_years:g} years."
    )


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


def _risks(simulated: Simulated) -> list[str]:
    """The most telling first; the page shows three."""
    return [
        *_verdict_risks(simulated),
        _latency_risk(simulated.option),
        *_price_risks(simulated.option),
        *_heat_risks(simulated),
        _failure_risk(simulated.option),
    ]


def _verdict_risks(simulated: Simulated) -> list[str]:
    found = [
        f"Not proven: {stream.name}: {stream.verdict_reason}"
        for stream in simulated.result.streams
        if stream.verdict != "PASS"
    ]
    for stream, group in zip(simulated.result.streams, simulated.rack.streams, strict=True):
        wanted = samples_wanted(group)
        if stream.verdict == "PASS" and stream.served < wanted:
            found.append(
                f"{stream.name}: the verdict rests on {stream.served:,} requests where {wanted:,} are "
                "wanted; simulate longer."
            )
    return found


def _latency_risk(option: Option) -> str:
    correction = option.slowest.shortfall
    factor = option.slowest.planned_latency_s(option.plan_for) / option.slowest.estimate.latency_s.mid
    return (
        f"Nothing was measured on this part with these networks. The plan takes {option.planning_text}, "
        f"{factor:.2g} times the datasheet roofline"
        + (", a figure borrowed from other engines" if correction.borrowed else "")
        + ". Measure one unit before the order."
    )


def _price_risks(option: Option) -> list[str]:
    price = read_device(option.device).price
    if price is None:
        return ["The price of the part is unknown."]
    if price.covers == "kit":
        return [
            f"The price of {option.device_name} is that of a developer kit ({price.date}); a module and its "
            "carrier may cost more or less. Ask for a quotation."
        ]
    if price.amount_money.confidence == "low":
        return [f"The price is of low confidence ({price.date}); ask for a quotation."]
    return []


def _heat_risks(simulated: Simulated) -> list[str]:
    thermal = read_device(simulated.option.device).thermal
    if thermal.resistance_k_per_w.status is not Status.ASSUMED:
        return []
    margin_k = thermal.throttle_c.value - simulated.result.devices.temperature_c.max
    return [
        f"The thermal resistance of {simulated.option.device_name} is assumed "
        f"({thermal.resistance_k_per_w.value:g} K/W); with it, {margin_k:.0f} K remain below the throttle."
    ]


def _failure_risk(option: Option) -> str:
    """What happens when one device more than the spares is out."""
    out, installed = option.spares + 1, option.count + option.spares
    left = option.count - 1
    if left == 0:
        return f"With {out} of the {installed} devices out of service nothing is served."
    load = option.offered_utilisation * option.count / left
    lost = f"With {out} of the {installed} devices out of service"
    if load < 1:
        return f"{lost} the rest run at {format_percent(load)} of what they can serve."
    return f"{lost} the rest cannot carry the load, and requests are lost."

"""The answer to a scenario in words: headline, paragraph and the risks that matter most."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from planner.plan.options.margin import binding
from planner.plan.options.margin_text import binding_text
from planner.plan.options.option import Option
from planner.plan.options.rack_run import Simulated
from planner.plan.sizing.option_contradiction import contradiction
from planner.provenance import Status
from planner.rack.counts.results import StreamResult
from planner.rack.description.evidence import requests_wanted
from planner.units import format_number, format_percent, format_quantity
from planner.wording.message import counted, message, word

if TYPE_CHECKING:
    from planner.plan.pitfalls.lint import Pitfall
    from planner.plan.study.study import Study


MOST_RISKS = 5
_MOST_MISTAKES = 2
_ACCURACY = "over-compression"


@dataclass(frozen=True, slots=True)
class AnswerText:
    """What the first page says; its sentences can be said in any language of the catalogs."""

    verdict: Literal["PASS", "FAIL", "UNDECIDED", "INFEASIBLE"]
    headline: str
    paragraph: str
    risks: tuple[str, ...]


def answer(study: Study) -> AnswerText:
    """The answer in words; every figure in it is in the record too."""
    if study.simulated is None:
        return _infeasible(study)
    simulated = study.simulated
    option = simulated.option
    spares = counted("answer.spares", option.spares) if option.spares else ""
    headline = message(
        "answer.headline",
        count=option.count,
        part=option.device_name,
        spares=spares,
        mode=word("mode_name", option.mode),
        engine=word("engine", option.engine),
        precision=option.precision.upper(),
        batch=option.batch,
    )
    paragraph = message("answer.paragraph", sentences=tuple(_sentences(study, simulated)))
    return AnswerText(
        simulated.verdict.value, headline, paragraph, tuple(_risks(study, simulated))[:MOST_RISKS]
    )


def _infeasible(study: Study) -> AnswerText:
    nearest = min(study.options, key=lambda option: len(option.reasons), default=None)
    if nearest is None:
        refused = [f"{r.device}, {r.mode}, {r.precision}: {r.reason}" for r in study.refusals]
        return AnswerText(
            "INFEASIBLE",
            message("answer.none_runs"),
            message("answer.no_precision"),
            tuple(refused[:3]),
        )
    against = contradiction(study.options)
    text = message(
        "answer.nearest",
        options=f"{len(study.options):,}",
        count=nearest.count,
        part=nearest.device_name,
        mode=word("mode_name", nearest.mode),
        precision=nearest.precision,
        reason=nearest.reasons[0],
    )
    sentences: list[str] = [text]
    if against is not None and against.key == "contradiction.several":
        sentences.append(message("answer.contradiction", against=against))
    return AnswerText(
        "INFEASIBLE",
        message("answer.none_feasible"),
        message("answer.paragraph", sentences=tuple(sentences)),
        tuple(nearest.reasons[:3]) if len(nearest.reasons) > 1 else _binding(study),
    )


def _binding(study: Study) -> tuple[str, ...]:
    """What stands most often against the options, one example each."""
    kinds: dict[str, str] = {}
    for option in study.options:
        for reason in option.reasons:
            kinds.setdefault(reason.key, reason)
    return tuple(kinds.values())[:3]


def _sentences(study: Study, simulated: Simulated) -> list[str]:
    scenario, option, result = study.source.scenario, simulated.option, simulated.result
    rate = sum(stream.count * stream.rate_per_s for stream in scenario.streams)
    temperature_c, throttle_c = result.devices.temperature_c.max, simulated.rack.device.thermal.throttle_c
    found: list[str] = [
        counted(
            "answer.carry",
            option.count,
            rate=f"{rate:,.0f}",
            busy=format_percent(result.devices.utilisation),
        ),
        *(_stream_sentence(study, stream) for stream in result.streams),
        message(
            "answer.power",
            mean=f"{result.power_w:,.0f}",
            worst=f"{option.heat.worst_power_w:,.0f}",
            limit=f"{scenario.site.power_limit_w:,.0f}",
            hottest=f"{temperature_c:.0f}",
            throttle=f"{throttle_c:.0f}",
        ),
    ]
    if option.reasons:
        found.append(message("answer.breaks", reasons=tuple(option.reasons)))
    found.append(_money_sentence(study, option))
    if scenario.deployment is None:
        found.append(_rival_sentence(study, option))
    return found


def _stream_sentence(study: Study, result: StreamResult) -> str:
    """How soon the promised share of a stream's requests is answered, lost ones counted."""
    stream = next(item for item in study.source.scenario.streams if item.name == result.name)
    share, asked = (
        f"{format_number(stream.slo.quantile_ratio * 100, 4)} %",
        format_quantity(stream.slo.latency_s, "s"),
    )
    verdict = message(f"verdict.{result.verdict}")
    lost = (
        message("answer.lost", share=format_number(result.dropped / result.requests, 2))
        if result.dropped
        else ""
    )
    if result.slo_latency_s is None:
        return message(
            "answer.never", stream=result.name, share=share, lost=lost, asked=asked, verdict=verdict
        )
    return message(
        "answer.within",
        stream=result.name[:1].upper() + result.name[1:],
        share=share,
        lost=lost,
        reached=format_quantity(result.slo_latency_s, "s", 3),
        asked=asked,
        verdict=verdict,
    )


def _money_sentence(study: Study, option: Option) -> str:
    cost, terms = option.cost, study.source.scenario.money
    running = f"{cost.running_per_year:,.0f} {cost.currency}"
    if cost.capital is None or cost.total is None:
        return message("answer.price_unknown", running=running)
    return message(
        "answer.costs",
        capital=f"{cost.capital:,.0f} {cost.currency}",
        running=running,
        total=f"{cost.total:,.0f} {cost.currency}",
        years=f"{terms.horizon_years:g}",
    )


def _rival_sentence(study: Study, option: Option) -> str:
    """How the best other part would do, or that none is feasible."""
    rival = next((other for other in study.options if other.feasible and other.device != option.device), None)
    if rival is None:
        return message("answer.no_rival")
    known = rival.cost.total is not None
    cost = f"{rival.cost.total:,.0f} {rival.cost.currency}" if known else message("answer.unknown_cost")
    return message(
        "answer.rival",
        count=rival.count,
        part=rival.device_name,
        cost=cost,
        power=f"{rival.heat.power_w:,.0f}",
    )


def _risks(study: Study, simulated: Simulated) -> list[str]:
    """The most telling first; the page shows the first few."""
    return [
        *_verdict_risks(simulated),
        _latency_risk(simulated.option),
        *_mistakes(study.pitfalls),
        *_price_risks(simulated.option),
        *_heat_risks(simulated),
        _failure_risk(simulated.option),
    ]


def _verdict_risks(simulated: Simulated) -> list[str]:
    binds = binding(simulated.margins)
    found: list[str] = [message("risk.margin", limit=binding_text(binds))] if binds else []
    found += [
        message("risk.not_proven", stream=stream.name, reason=stream.verdict_reason)
        for stream in simulated.result.streams
        if stream.verdict != "PASS"
    ]
    for stream, group in zip(simulated.result.streams, simulated.rack.streams, strict=True):
        wanted = requests_wanted(group)
        if stream.verdict == "PASS" and stream.served < wanted:
            found.append(
                message(
                    "risk.few_samples", stream=stream.name, served=f"{stream.served:,}", wanted=f"{wanted:,}"
                )
            )
    return found


def _mistakes(pitfalls: tuple[Pitfall, ...]) -> list[str]:
    """The first mistakes that nobody accepted, each rule once, accuracy before the others."""
    by_rule: dict[tuple[str, str], list[Pitfall]] = {}
    for pitfall in pitfalls:
        if pitfall.open and pitfall.severity != "note":
            by_rule.setdefault((pitfall.id, pitfall.rule), []).append(pitfall)
    ranked = sorted(by_rule.values(), key=lambda found: (found[0].severity, found[0].id != _ACCURACY))
    return [_mistake(found) for found in ranked[:_MOST_MISTAKES]]


def _mistake(found: list[Pitfall]) -> str:
    """The first of its kind with its evidence, and how many more there are."""
    first = message("risk.mistake", title=found[0].title, evidence=found[0].evidence)
    return counted("risk.more_like_it", len(found) - 1, first=first) if len(found) > 1 else first


def _latency_risk(option: Option) -> str:
    correction = option.slowest.shortfall
    if correction is None:
        level = option.slowest.estimate.latency_s.level or 0.0
        return message("risk.transferred", planned=option.planning_text, level=format_percent(level))
    factor = option.slowest.planned_latency_s(option.plan_for) / option.slowest.estimate.latency_s.mid
    return message(
        "risk.unmeasured",
        planned=option.planning_text,
        factor=format_number(factor, 2),
        borrowed=message("risk.borrowed") if correction.borrowed else "",
    )


def _price_risks(option: Option) -> list[str]:
    price = option.part.price
    if price is None:
        return [message("risk.no_price")]
    if price.covers != "part":
        return [message(f"risk.{price.covers}_price", part=option.device_name, date=str(price.date))]
    if price.kind in ("launch", "shop"):
        return [message(f"risk.{price.kind}_price", part=option.device_name, date=str(price.date))]
    if price.amount_money.confidence == "low":
        return [message("risk.doubtful_price", date=str(price.date))]
    return []


def _heat_risks(simulated: Simulated) -> list[str]:
    thermal = simulated.option.part.thermal
    if thermal.resistance_k_per_w.status is not Status.ASSUMED:
        return []
    margin_k = thermal.throttle_c.value - simulated.result.devices.temperature_c.max
    return [
        message(
            "risk.heat" if margin_k >= 0 else "risk.heat_over",
            part=simulated.option.device_name,
            resistance=f"{thermal.resistance_k_per_w.value:g}",
            margin=f"{abs(margin_k):.0f}",
        )
    ]


def _failure_risk(option: Option) -> str:
    """What happens when one device more than the spares is out."""
    out, installed = option.spares + 1, option.count + option.spares
    left = option.count - 1
    if left == 0:
        return message("risk.nothing_left", out=out, installed=installed)
    # The same work over fewer devices; at one or more the queues grow for as long as it lasts.
    load = option.offered_utilisation * option.count / left
    if load < 1:
        return message("risk.still_carried", out=out, installed=installed, load=format_percent(load))
    return message("risk.not_carried", out=out, installed=installed)

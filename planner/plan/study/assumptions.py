"""What a study takes for granted, in words a buyer can question."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from planner.latency.power.model import power_model
from planner.latency.transfer.store import fitted_title, transfer_named
from planner.plan.options.hosting import hosting_text
from planner.schema.scenario.scenario import Scenario, Site
from planner.units import format_number, format_percent, format_quantity
from planner.wording.message import Message, message, word
from planner.workload.workload import Workload

if TYPE_CHECKING:
    from planner.plan.study.study import Study


@dataclass(frozen=True, slots=True)
class Assumption:
    """Something taken for granted; its status is `stated` where the scenario says it."""

    topic: str
    text: str
    status: str


def assumptions(study: Study) -> list[Assumption]:
    """Topic, text and status of each assumption; `stated` ones come from the scenario."""
    scenario = study.source.scenario
    run = scenario.simulation
    return [
        *_latency_rows(study),
        *power_rows(scenario.planning.plan_for, _families(study)),
        heat_row(scenario),
        _derived(
            "queues",
            message(
                "assumption.queues",
                runs=run.replications,
                duration=f"{run.duration_s:g}",
                warmup=f"{run.warmup_s:g}",
            ),
        ),
        *money_rows(scenario),
        *_balancer_rows(study),
        *_host_rows(study),
        *_contention_rows(scenario),
        *(_row(message("topic.scenario"), "stated", note) for note in scenario.notes),
    ]


def heat_row(scenario: Scenario) -> Assumption:
    """What the devices breathe."""
    return _derived("heat", message("assumption.heat", air=_air_text(scenario.site)))


def money_rows(scenario: Scenario) -> list[Assumption]:
    """What is counted as money, the carriers as stated, and exchange rates."""
    rates = [
        _row(
            message("topic.exchange"),
            "stated",
            message("assumption.exchange", currency=currency, rate=f"{rate:g}", own=scenario.money.currency),
        )
        for currency, rate in scenario.money.exchange_rates.items()
    ]
    return [_derived("money", _money_text(scenario)), *_carrier_rows(scenario.site), *rates]


def _host_rows(study: Study) -> list[Assumption]:
    """The computer that the chosen part sits in, where the scenario describes none."""
    option = study.chosen
    if option is None or option.hosting is None or option.part.needs_host is None:
        return []
    text = hosting_text(option.hosting, option.part.needs_host, option.device)
    return [_row(message("topic.host"), option.hosting.host.price.amount_money.status.value, text)]


def _carrier_rows(site: Site) -> list[Assumption]:
    return [
        _row(
            message("topic.carrier", form=message(f"form.{form}")),
            "stated",
            message(
                "assumption.carrier",
                note=carrier.note,
                slots=carrier.slots,
                power=f"{carrier.power_w:g}",
                price=f"{carrier.price_money.amount:g} {carrier.price_money.currency}",
                units=f"{carrier.rack_units:g}",
            ),
        )
        for form, carrier in site.carriers.items()
    ]


def _balancer_rows(study: Study) -> list[Assumption]:
    """What hands frames to devices, where a frame may go to any of several, and what it costs."""
    scenario, chosen = study.source.scenario, study.chosen
    if chosen is None or chosen.count == 1 or scenario.simulation.dispatch == "pinned":
        return []
    rate_per_s = sum(stream.count * stream.rate_per_s for stream in scenario.streams)
    bytes_per_s = sum(
        stream.count * stream.rate_per_s * _values_of_one(study.workloads[stream.model])
        for stream in scenario.streams
    )
    given = scenario.balancer
    cost = message("assumption.balancer_unpriced")
    if given is not None:
        price = f"{given.price_money.amount:g} {given.price_money.currency}"
        cost = message("assumption.balancer_priced", note=given.note, price=price, power=f"{given.power_w:g}")
    text = message(
        "assumption.balancer",
        count=chosen.count,
        dispatch=word("dispatch", scenario.simulation.dispatch),
        rate=f"{rate_per_s:,.0f}",
        data=format_quantity(bytes_per_s, "bytes_per_s", 3),
        cost=cost,
    )
    return [_row(message("topic.balancer"), "stated" if given else "assumed", text)]


def _values_of_one(workload: Workload) -> float:
    """Values of one image of a network: bytes of raw pictures."""
    return sum(math.prod(tensor.shape) for tensor in workload.inputs.values()) / workload.batch


def _contention_rows(scenario: Scenario) -> list[Assumption]:
    given = scenario.candidates.contention
    if given is None:
        return []
    text = message("assumption.contention", each=format_percent(given.each_ratio), note=given.note)
    return [_row(message("topic.contention"), given.status, text)]


def _latency_rows(study: Study) -> list[Assumption]:
    """How latencies came about: fitted models, or the roofline and what published figures make of it."""
    fitted = dict.fromkeys(
        transfer_id
        for option in study.options
        for item in option.networks
        if (transfer_id := item.estimate.rests_on)
    )
    rows = [_transfer_row(transfer_id) for transfer_id in fitted]
    corrections = _shortfall_rows(study)
    if corrections:
        rows.append(_derived("latency", message("assumption.latency")))
    return rows + corrections


def _families(study: Study) -> list[str | None]:
    return [item.estimate.power_rests_on for option in study.options for item in option.networks]


def power_rows(plan_for: str, families: Sequence[str | None]) -> list[Assumption]:
    """How powers came about: the fitted model where it covers a part, the judgement elsewhere."""
    plan = message(f"plan_for.{plan_for}")
    rows = []
    model = power_model()
    if any(families):
        rests = model.rests_on
        text = message(
            "assumption.power_fitted",
            rows=str(rests.rows) if rests else "0",
            parts=str(len(rests.devices)) if rests else "0",
            level=format_percent(model.level),
            plan=plan,
        )
        rows.append(_derived("power", text))
    if None in families or not families:
        low, high = (format_percent(share) for share in (model.anywhere.low, model.anywhere.high))
        rows.append(_derived("power", message("assumption.power", low=low, high=high, plan=plan)))
    return rows


def _transfer_row(transfer_id: str) -> Assumption:
    transfer = transfer_named(transfer_id)
    rests = transfer.rests_on
    text = message(
        "assumption.transferred",
        title=fitted_title(transfer),
        rows=f"{rests.rows:,}" if rests else "0",
        networks=str(len(rests.networks)) if rests else "0",
        parts=str(len(rests.devices)) if rests else "0",
        level=format_percent(transfer.level),
    )
    return _row(message("topic.latency_of", engine=word("engine", transfer.engine)), "derived", text)


def _shortfall_rows(study: Study) -> list[Assumption]:
    seen: dict[tuple[str, str], Assumption] = {}
    for option in study.options:
        correction = option.slowest.shortfall
        if correction is None:
            continue
        seen.setdefault(
            (option.engine, option.unit),
            _row(
                message("topic.engine_on", engine=word("engine", option.engine), unit=option.unit),
                "derived",
                message(
                    "assumption.shortfall",
                    engine=word("engine", option.engine),
                    typical=format_number(correction.median, 2),
                    cautious=format_number(correction.p90, 2),
                    borrowed=message("assumption.borrowed") if correction.borrowed else "",
                    note=correction.note,
                ),
            ),
        )
    return list(seen.values())


def _derived(topic: str, text: str) -> Assumption:
    return _row(message(f"topic.{topic}"), "derived", text)


def _row(topic: str, status: str, text: str) -> Assumption:
    return Assumption(topic, text, status)


def _air_text(site: Site) -> str:
    """What the devices breathe, in words."""
    supply = f"{site.supply_c:g}"
    if site.sealed is not None:
        return message(
            "assumption.sealed_air",
            loss=f"{site.sealed.walls_w_per_k:g}",
            supply=supply,
            sun=f"{site.sealed.sun_w:g}",
        )
    if site.rising_exhaust is not None:
        rising = site.rising_exhaust
        return message(
            "assumption.rising_air",
            supply=supply,
            own=format_percent(rising.own_ratio),
            above=format_percent(rising.above_ratio),
        )
    return message("assumption.even_air", supply=supply, share=format_percent(site.recirculation_ratio))


def _money_text(scenario: Scenario) -> Message:
    """What is counted as money, as far as the scenario prices it."""
    money = scenario.money
    stated = {
        "energy": True,
        "space": money.space_money is not None,
        "maintenance": money.maintenance_ratio > 0,
        "uplink": money.uplink_money is not None,
    }
    rate, left = money.discount_rate_ratio, money.residual_ratio
    worth = (
        message("assumption.worth.discounted", rate=format_percent(rate, 1))
        if rate
        else message("assumption.worth.sum")
    )
    if left:
        worth = message("assumption.worth.less_residual", worth=worth, share=format_percent(left))
    items = tuple(message(f"assumption.money_items.{name}") for name, counted in stated.items() if counted)
    return message("assumption.money", items=items, pue=f"{scenario.site.pue:g}", worth=worth)

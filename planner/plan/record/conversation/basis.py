"""What a plan of conversations rests on: limits, purchase, money, assumptions, numbers, sources, digests."""

from __future__ import annotations

from collections.abc import Iterator

from planner.hardware.catalog import device_digest
from planner.hardware.datasheet import figures
from planner.language.rates.fitted import rates_model
from planner.language.rates.published import published_rates
from planner.language.sources.catalogue import named_models
from planner.latency.band import planned_bound
from planner.latency.power.model import family_of, power_model
from planner.latency.transfer.store import transfer_digest, transfer_named
from planner.plan.conversation.option import ConversationOption
from planner.plan.conversation.sized import PlacedTalks
from planner.plan.conversation.study import ConversationStudy
from planner.plan.record.digests import question_record, tool_record
from planner.plan.record.spending import purchase_record, tornado_record
from planner.plan.study.assumptions import Assumption, heat_row, money_rows, power_rows
from planner.plan.study.constraints import Constraint, of_margin, with_nearest
from planner.plan.study.ledger import (
    LedgerNumber,
    LedgerSource,
    row_of,
    source_of,
    transfer_rows,
    transfer_source,
    used_at,
)
from planner.plan.study.purchase import purchase
from planner.rack.counts.results import Verdict
from planner.schema.record import PurchaseLineRecord, SpendingRecord
from planner.schema.record.commands.conversation import ConversationBasisRecord
from planner.schema.record.question import DigestRecord
from planner.schema.record.sizing import ToMeasureRecord
from planner.units import format_number, format_percent, format_quantity
from planner.wording.message import Message, message

_PACKAGES = ("numba", "numpy", "pydantic", "matplotlib", "typst")
_MOST_RISKS = 4
_MET = {Verdict.PASS: True, Verdict.FAIL: False, Verdict.UNDECIDED: None}
_RIVALS = 3
_RATES = "rates"


def basis_record(study: ConversationStudy) -> ConversationBasisRecord:
    """All that the answer rests on."""
    chosen = study.chosen
    numbers, sources = _ledger(study)
    measured = _to_measure(study)
    return {
        "tool": tool_record(_PACKAGES),
        "scenario": question_record(study.source),
        "risks": list(_risks(study)),
        "constraints": [
            {
                "name": item.name,
                "limit": item.limit,
                "value": item.value,
                "met": item.met,
                "left": item.left,
                "rests_on": item.rests_on,
                "nearest": item.nearest,
            }
            for item in (_constraints(study, chosen) if chosen is not None else ())
        ],
        "purchase": _purchase(study, chosen) if chosen is not None and chosen.heat is not None else [],
        "spending": _spending(study),
        "carbon_kg": _carbon(study),
        "to_measure": [] if measured is None else [measured],
        "assumptions": [
            {"topic": item.topic, "text": item.text, "status": item.status} for item in _assumptions(study)
        ],
        "figures": [
            {
                "path": item.path,
                "value": item.value,
                "status": item.status,
                "source": item.source,
                "note": item.note,
            }
            for item in numbers
        ],
        "sources": [
            {
                "id": item.id,
                "title": item.title,
                "url": item.url,
                "revision": item.revision,
                "date": item.date,
            }
            for item in sources
        ],
        "digests": list(_digests(study)),
    }


def _purchase(study: ConversationStudy, chosen: ConversationOption) -> list[PurchaseLineRecord]:
    scenario = study.source.scenario
    assert chosen.heat is not None  # noqa: S101 - asked for what was simulated alone
    placed = PlacedTalks(chosen.part, chosen.count, chosen.spares, chosen.racks, chosen.heat)
    return [purchase_record(line, scenario.money.currency) for line in purchase(scenario, placed)]


def _constraints(study: ConversationStudy, chosen: ConversationOption) -> tuple[Constraint, ...]:
    rows = [of_margin(margin) for margin in chosen.margins]
    budget = study.source.scenario.money.budget_money
    if budget is not None and chosen.cost is not None:
        capital = chosen.cost.capital
        rows.append(
            Constraint(
                name=message("limit.capital"),
                limit=f"{budget.amount:,.0f} {budget.currency}",
                value=message("number.unknown") if capital is None else f"{capital:,.0f} {budget.currency}",
                met=None if capital is None else capital <= budget.amount,
                used=0.0 if capital is None or not budget.amount else capital / budget.amount,
            )
        )
    if chosen.ends is None:
        return with_nearest(rows)
    planned = chosen.ends.at(planned_bound(chosen.plan_for))
    used = planned.most_cache_bytes / chosen.limits.cache_bytes if chosen.limits.cache_bytes else 1.0
    rows.append(
        Constraint(
            name=message("conversation.limit_cache"),
            limit=format_quantity(chosen.limits.cache_bytes, "bytes", 3),
            value=format_quantity(planned.most_cache_bytes, "bytes", 3),
            met=True,
            used=used,
        )
    )
    rows += _promises(chosen)
    return with_nearest(rows)


def _promises(chosen: ConversationOption) -> Iterator[Constraint]:
    """Each promise over the band of times, as reached where the plan counts."""
    assert chosen.ends is not None  # noqa: S101 - asked for what was simulated alone
    ends = chosen.ends
    every = zip(
        ends.at(planned_bound(chosen.plan_for)).promises(), ends.low.promises(), ends.high.promises(),
        strict=True,
    )  # fmt: skip
    for (stream, level), (_, fast), (_, slow) in every:
        met = True if slow.verdict is Verdict.PASS else None
        met = False if fast.verdict is Verdict.FAIL else met
        within, never = level.asked.within_s, level.reached_s == float("inf")
        yield Constraint(
            name=message(
                "conversation.limit_promise",
                stream=stream,
                promise=message(f"conversation.{level.promise}"),
                share=f"{level.asked.quantile * 100:g} %",
            ),
            limit=format_quantity(within, "s"),
            value=message("limit.never") if never else format_quantity(level.reached_s, "s", 3),
            met=met,
            used=0.0 if never else level.reached_s / within,
        )


def _risks(study: ConversationStudy) -> Iterator[str]:
    """What could go wrong, the most pressing first; no more than a first page takes."""
    chosen = study.chosen
    if chosen is None:
        return
    own = chosen.prepared
    found: list[str] = [*chosen.reasons, *(text for text in chosen.warnings if _worries(text))]
    ends = chosen.ends
    if ends is not None and ends.verdict is Verdict.PASS:
        promises = [level for _, level in ends.high.promises()]
        slowest = max(promises, key=lambda level: level.reached_s / level.asked.within_s)
        found.append(
            message(
                "conversation.risk_slow",
                promise=message(f"conversation.{slowest.promise}"),
                reached=format_quantity(slowest.reached_s, "s", 3),
                asked=format_quantity(slowest.asked.within_s, "s", 3),
            )
        )
    kind = own.rates.unit.kind
    several = (item for item in rates_model().blind if item.kind == "users" and item.unit_kind == kind)
    blind = next(several, None)
    if blind is not None:
        found.append(
            message(
                "conversation.risk_users",
                median=format_number(blind.median, 3),
                p90=format_number(blind.p90, 3),
                rows=str(blind.rows),
            )
        )
    found.append(message("conversation.risk_lengths"))
    yield from list(dict.fromkeys(found))[:_MOST_RISKS]


def _worries(text: str) -> bool:
    """Whether a warning is of what may go wrong, and not of what the answer rests on."""
    return not (isinstance(text, Message) and text.key == "language.anchored")


def _spending(study: ConversationStudy) -> SpendingRecord:
    """The chosen part first, then the best feasible ones of others."""
    scenario, chosen = study.source.scenario, study.chosen
    horizon = scenario.money.horizon_years
    years = [float(year) for year in range(int(horizon) + 1)]
    if years[-1] != horizon:
        years.append(horizon)
    others = [option for option in study.parts if option.feasible and option is not chosen]
    shown = ([] if chosen is None else [chosen]) + others[:_RIVALS]
    tornado = study.tornado
    return {
        "currency": scenario.money.currency,
        "horizon_years": horizon,
        "years": years,
        "lines": [
            {
                "device": option.device,
                "name": option.part.name,
                "count": option.count,
                "capital": option.cost.capital,
                "running_cost_per_year": option.cost.running_per_year,
                "spent": [option.cost.capital + year * option.cost.running_per_year for year in years],
            }
            for option in shown
            if option.cost is not None and option.cost.capital is not None
        ],
        "tornado": None if tornado is None else tornado_record(tornado),
    }


def _carbon(study: ConversationStudy) -> float | None:
    bill = study.bill
    return None if bill is None or bill.carbon is None else bill.carbon.kg_total


def _to_measure(study: ConversationStudy) -> ToMeasureRecord | None:
    found = study.to_measure
    if found is None:
        return None
    return {
        "network": found.model,
        "device": found.device,
        "mode": found.mode,
        "batch": 1,
        "devices_open": float(found.devices_open),
        "money_open": found.money_open,
        "currency": found.currency,
        "first": [],
        "on_the_part": list(found.on_the_part),
        "bring_back": found.bring_back,
        "here": list(found.here),
        "note": found.note,
        "chance": found.chance,
        "worth": found.worth,
        "decides_verdict": found.decides_verdict,
        "power_on_the_part": [],
        "power_here": [],
        "service": None,
    }


def _assumptions(study: ConversationStudy) -> list[Assumption]:
    scenario, model = study.source.scenario, rates_model()
    run = scenario.simulation
    families = [family_of(power_model(), option.prepared.point) for option in study.parts]
    rows = [
        Assumption(
            message("conversation.topic_rates"),
            message("conversation.assume_rates", rows=str(model.rows), level=format_percent(model.level)),
            "derived",
        ),
        Assumption(
            message("conversation.topic_talks"),
            message(
                "conversation.assume_talks",
                runs=run.replications,
                duration=f"{run.duration_s:g}",
                warmup=f"{run.warmup_s:g}",
            ),
            "derived",
        ),
        *power_rows(
            scenario.planning.plan_for, [None if family is None else family.name for family in families]
        ),
        heat_row(scenario),
        *money_rows(scenario),
        Assumption(message("conversation.topic_left_out"), message("conversation.left_out"), "assumed"),
        *(Assumption(message("topic.scenario"), note, "stated") for note in scenario.notes),
    ]
    if any(option.frames is not None for option in study.parts):
        share = scenario.serving.share if scenario.serving else "turns"
        text = message(f"conversation.share_{share}")
        rows.insert(2, Assumption(message("conversation.topic_unit"), text, "assumed"))
    return rows


def _ledger(study: ConversationStudy) -> tuple[list[LedgerNumber], list[LedgerSource]]:
    """The chosen part's numbers whole, of others those that their plan rests on; models, published rows."""
    numbers: list[LedgerNumber] = []
    sources: list[LedgerSource] = []
    for place, option in enumerate(study.parts):
        whole = place == 0 and study.chosen is not None
        shown = [
            figure
            for figure in figures(option.part)
            if whole or used_at(figure, option.unit, option.mode, str(option.prepared.point.precision))
        ]
        numbers += [row_of(option.device, figure) for figure in shown]
        named = {figure.source for figure in shown}
        sources += [
            source_of(option.device, key, item) for key, item in option.part.sources.items() if key in named
        ]
    for transfer_id in dict.fromkeys(_transfers(study)):
        numbers += transfer_rows(transfer_named(transfer_id))
        sources.append(transfer_source(transfer_named(transfer_id)))
    numbers += list(_rate_numbers(study))
    sources += list(_rate_sources(study))
    return numbers, sources


def _transfers(study: ConversationStudy) -> Iterator[str]:
    for option in study.parts:
        for item in option.frames.networks if option.frames is not None else ():
            if item.estimate.rests_on is not None:
                yield item.estimate.rests_on


def _rate_numbers(study: ConversationStudy) -> Iterator[LedgerNumber]:
    """Parameters of the model of token rates that the options' engines take."""
    model, seen = rates_model(), set[str]()
    for option in study.parts:
        kind = option.prepared.rates.unit.kind
        for name, item in model.parameters.items():
            if name in seen or not name.startswith((f"{kind}.", f"{option.engine}.{kind}.")):
                continue
            seen.add(name)
            yield LedgerNumber(
                path=f"{_RATES}/{name}",
                value=format_number(item.value, 4),
                status="derived",
                source=f"{_RATES}:fit",
                note=message(
                    "conversation.prior",
                    prior=format_number(item.prior, 4),
                    spread=format_number(item.spread, 2),
                ),
            )


def _rate_sources(study: ConversationStudy) -> Iterator[LedgerSource]:
    model = rates_model()
    title = message("conversation.source_rates", rows=str(model.rows))
    yield LedgerSource(f"{_RATES}:fit", title, None, model.sha256[:12], None)
    name = study.source.scenario.conversations[0].model
    entry = named_models().get(name.removeprefix("zoo:")) if name.startswith("zoo:") else None
    if entry is not None:
        yield LedgerSource("model", entry.title, f"https://{entry.source}", None, None)
    seen: set[str] = set()
    pairs = {(option.engine, option.prepared.rates.unit.kind) for option in study.parts}
    engines = {engine for engine, _ in pairs}
    for row in published_rates():
        if row.engine in engines and not row.left_out and row.source not in seen:
            seen.add(row.source)
            of = message("conversation.source_row", engine=row.engine)
            yield LedgerSource(f"{_RATES}:{row.engine}-{len(seen)}", of, _address(row.source), None, row.date)


def _address(text: str) -> str:
    """The address that a row names first."""
    first = text.split(maxsplit=1)[0].rstrip(";,") if text else text
    return first if first.startswith("http") else f"https://{first}"


def _digests(study: ConversationStudy) -> Iterator[DigestRecord]:
    source = study.source
    yield {"what": message("digest.scenario", name=source.file), "sha256": source.sha256}
    for option in study.parts:
        yield {"what": message("digest.device", name=option.device), "sha256": device_digest(option.device)}
    if study.asked.frames is not None:
        for workload in study.asked.frames.estimator.workloads.values():
            yield {"what": message("digest.network", name=workload.model), "sha256": workload.digest}
    for transfer_id in dict.fromkeys(_transfers(study)):
        what = message("digest.model", name=transfer_id)
        yield {"what": what, "sha256": transfer_digest(transfer_id)}
    yield {"what": message("conversation.digest_rates"), "sha256": rates_model().sha256}

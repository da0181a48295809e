"""The first page: the question, the answer, the numbers that carry it, what could go wrong."""

from __future__ import annotations

from planner.report.blocks import (
    Block,
    Bullets,
    Cell,
    Column,
    Cover,
    Fact,
    Heading,
    Paragraph,
    Pointers,
    Table,
    cells,
    valued,
)
from planner.report.numbers import (
    UNKNOWN,
    celsius,
    middle,
    percent,
    quantity,
    shortened,
    significant,
    stated,
    whole,
)
from planner.report.sections.first_page import (
    choices,
    limits,
    nearest_limits,
    purchase,
    setting,
    signature,
)
from planner.report.selection import compared
from planner.schema.record import (
    OptionRecord,
    RackRecord,
    StreamRecord,
    StreamResultRecord,
    StudyRecord,
)
from planner.wording.message import Wording, message

NEAREST = 5


def cover(study: StudyRecord, say: Wording) -> list[Block]:
    """The blocks of the first page, and the answer in full on the next.

    Without a chosen option the first page says what binds in place of key numbers.
    """
    answer, chosen = study["answer"], study["chosen"]
    blocks: list[Block] = [
        Cover(
            kicker=say("cover.kicker"),
            question=study["scenario"]["question"],
            verdict=answer["verdict"],
            verdict_text=say.term("verdict", answer["verdict"]),
            headline=answer["headline"],
            paragraph="" if chosen is not None else answer["paragraph"],
            facts=_facts(chosen, study, say) if chosen is not None else (),
        )
    ]
    if chosen is None:
        if study["constraints"]:
            blocks += [Heading(say("cover.site_allows"), 2), limits(study["constraints"], say)]
        blocks += _what_binds(study, say)
    else:
        blocks += [*choices(study, say), *purchase(study.get("purchase", []), say)]
        blocks += nearest_limits(study["constraints"], say)
    if answer["risks"]:
        risks = Bullets(tuple(answer["risks"]), numbered=True, tight=True)
        blocks += [Heading(say("cover.risks"), 2, tight=True), risks]
    if chosen is not None:
        blocks.append(Pointers(_rests_on(chosen, say), _places(study, say)))
    return [*blocks, signature(study["scenario"], study["tool"], say), *_in_full(study, say)]


def _in_full(study: StudyRecord, say: Wording) -> list[Block]:
    """What the first page has no space for: the answer in sentences, all limits, what is asked."""
    chosen = study["chosen"]
    blocks: list[Block] = []
    if chosen is not None:
        blocks.append(Paragraph(study["answer"]["paragraph"]))
        if study["constraints"]:
            blocks += [Heading(say("cover.site_allows"), 2), limits(study["constraints"], say)]
    if study["streams"]:
        blocks += [Heading(say("cover.asked"), 2), _streams(study["streams"], say)]
    if study["scenario"]["notes"]:
        notes = say("cover.notes", notes=tuple(study["scenario"]["notes"]))
        blocks.append(Paragraph(notes, "note"))
    return (
        [Heading(say("cover.in_full"), follows=True, overleaf=True, anchor="in-full"), *blocks]
        if blocks
        else []
    )


def _places(study: StudyRecord, say: Wording) -> tuple[tuple[str, str], ...]:
    """Where a reader of the first page looks next: headings that the study has, and their anchors."""
    headings = (
        (say("comparison.title"), "comparison", study["options"]),
        (say("spending.title"), "spending", study.get("spending")),
        (say("validation.title"), "validation", study.get("validation")),
        (say("basis.assumptions"), "assumptions", study["assumptions"]),
        (say("basis.numbers"), "numbers", study["figures"]),
    )
    return tuple((text, anchor) for text, anchor, known in headings if known)


def _facts(chosen: OptionRecord, study: StudyRecord, say: Wording) -> tuple[Fact, ...]:
    rack, spares, used = study["rack"], chosen["spares"], chosen["utilisation"]
    how_many = say("cover.spares_unknown") if spares is None else say.counted("cover.spares", spares)
    return (
        Fact(say("cover.part"), shortened(chosen["name"], 40), shortened(setting(chosen, say), 48)),
        Fact(say("cover.how_many"), whole(chosen["count"]), how_many),
        Fact(
            say("cover.headroom"),
            UNKNOWN if used is None else percent(1 - used),
            "" if used is None else say("cover.planned_load", load=percent(used)),
        ),
        _slowest(chosen, rack, say),
        _power(chosen, rack, say),
        _temperature(chosen, rack, say),
        Fact(say("cover.to_buy"), _amount(chosen["capital"], chosen), _running(chosen, say)),
        Fact(_years(study, say), _amount(chosen["total_cost"], chosen), say("cover.to_buy_and_run")),
    )


def _years(study: StudyRecord, say: Wording) -> str:
    found = study.get("spending")
    if found is None:
        return say("cover.horizon")
    years = found["horizon_years"]
    return say(f"cover.years.{'one' if years == 1 else 'many'}", number=f"{years:g}")


def _rests_on(chosen: OptionRecord, say: Wording) -> str:
    return say(
        "cover.sources",
        latency=say.term("rests_on", chosen["latency_provenance"]),
        weakest=say.term("rests_on", chosen["provenance"]),
    )


def _amount(amount: float | None, chosen: OptionRecord) -> str:
    """In full, as in the verdict above it: a sum that the reader can add up; tables of many options round."""
    return UNKNOWN if amount is None else f"{whole(amount)} {chosen['currency']}"


def _running(chosen: OptionRecord, say: Wording) -> str:
    yearly = chosen["running_cost_per_year"]
    if yearly is None:
        return say("cover.running_unknown")
    return say("cover.running", amount=_amount(yearly, chosen))


def _slowest(chosen: OptionRecord, rack: RackRecord | None, say: Wording) -> Fact:
    """The stream whose 99th percentile comes nearest to its objective, else the latency planned with."""
    results = [] if rack is None else [r for r in rack["streams"] if r["latency_s"]["p99"] is not None]
    if results:
        worst = max(results, key=_share_of_objective)
        limit = (
            say("cover.no_objective")
            if worst["slo_s"] is None
            else say("cover.objective", limit=stated(worst["slo_s"], "s"))
        )
        return Fact(
            say("cover.p99"),
            quantity(worst["latency_s"]["p99"], "s"),
            say("cover.of_stream", limit=limit, stream=shortened(worst["name"], 30)),
        )
    planned = chosen["planning_latency_s"] or chosen["latency_s"]
    value = UNKNOWN if planned is None else middle(planned["low"], planned["mid"], planned["high"], "s")
    return Fact(say("cover.latency_of_batch"), value, say("cover.not_simulated"))


def _share_of_objective(result: StreamResultRecord) -> float:
    p99_s, slo_s = result["latency_s"]["p99"], result["slo_s"]
    return (p99_s or 0.0) / slo_s if slo_s else 0.0


def _power(chosen: OptionRecord, rack: RackRecord | None, say: Wording) -> Fact:
    each = chosen["power_per_device_w"]
    if rack is not None and rack["power_w"] is not None:
        return Fact(say("cover.power"), quantity(rack["power_w"], "w"), say("cover.mean_of_runs"))
    detail = "" if each is None else say("cover.per_device", power=quantity(each, "w", 2))
    return Fact(say("cover.power"), quantity(chosen["power_w"], "w"), detail)


def _temperature(chosen: OptionRecord, rack: RackRecord | None, say: Wording) -> Fact:
    if rack is not None and rack["devices"]["temperature_c"]["max"] is not None:
        trip = rack["throttle_c"]
        detail = say("cover.simulated") if trip is None else say("cover.simulated_trip", trip=celsius(trip))
        return Fact(say("cover.hottest"), celsius(rack["devices"]["temperature_c"]["max"]), detail)
    return Fact(say("cover.temperature"), celsius(chosen["temperature_c"]), say("cover.steady"))


def _what_binds(study: StudyRecord, say: Wording) -> list[Block]:
    options = compared(study["options"]).losing[:NEAREST]
    rows = tuple(
        (
            Cell(shortened(option["name"], 60)),
            Cell(shortened(setting(option, say), 40)),
            Cell(_first_reason(option)),
        )
        for option in options
    )
    if not rows:
        return [Heading(say("cover.binds"), 2), Paragraph(say("cover.no_option"))]
    table = Table(
        (
            Column(say("cover.nearest"), share=1.2),
            Column(say("cover.setting"), share=1.1),
            Column(say("cover.against"), share=2.6),
        ),
        rows,
    )
    return [Heading(say("cover.binds"), 2), table]


def _first_reason(option: OptionRecord) -> str:
    return option["reasons"][0] if option["reasons"] else message("option.no_reason")


def _streams(streams: list[StreamRecord], say: Wording) -> Table:
    columns = (
        Column(say("head.stream"), share=1.4),
        Column(say("head.network"), share=1.2),
        Column(say("head.sources"), "right"),
        Column(say("head.each_sends"), "right"),
        Column(say("head.arrivals")),
        Column(say("head.together"), "right"),
        Column(say("head.objective"), "right"),
    )
    return Table(columns, tuple(_stream(stream, say) for stream in streams), small=True)


def _stream(stream: StreamRecord, say: Wording) -> tuple[Cell, ...]:
    jitter_s, rate, quantile = stream["jitter_s"], stream["rate_per_s"], stream["slo_quantile"]
    arrivals = shortened(say.term("arrivals", stream["arrivals"]), 16)
    within = say("cover.no_limit") if stream["slo_s"] is None else stated(stream["slo_s"], "s")
    if stream["slo_s"] is not None and quantile:
        share = f"{significant(100 * quantile, 4).rstrip('0').rstrip('.')} %"
        within = say("cover.within_for", within=within, share=share)
    return (
        *cells(shortened(stream["name"], 60), shortened(stream["model"], 60)),
        valued(stream["count"], whole(stream["count"])),
        valued(rate, stated(rate, "per_s")),
        Cell(arrivals + (f", ± {stated(jitter_s, 's')}" if jitter_s else "")),
        valued(rate * stream["count"], stated(rate * stream["count"], "per_s")),
        valued(stream["slo_s"], within),
    )

"""The first page: the question, the answer, the numbers that carry it, what could go wrong."""

from __future__ import annotations

from planner.report.blocks import Block, Bullets, Cell, Column, Cover, Fact, Heading, Paragraph, Table, cells
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
from planner.report.record import Constraint, Option, Rack, Stream, StreamResult, Study
from planner.report.selection import compared

NEAREST = 5


def cover(study: Study) -> list[Block]:
    """The blocks of the first page; without a chosen option it says what binds in place of key numbers."""
    answer, chosen = study["answer"], study["chosen"]
    blocks: list[Block] = [
        Cover(
            question=study["scenario"]["question"],
            verdict=answer["verdict"],
            headline=answer["headline"],
            paragraph=answer["paragraph"],
            facts=_facts(chosen, study["rack"]) if chosen is not None else (),
        )
    ]
    if study["constraints"]:
        blocks += [Heading("What the site allows", 2), _constraints(study["constraints"])]
    if chosen is None:
        blocks += _what_binds(study)
    if answer["risks"]:
        blocks += [Heading("What could go wrong", 2), Bullets(tuple(answer["risks"]), numbered=True)]
    if study["streams"]:
        blocks += [Heading("What is asked of it", 2), _streams(study["streams"])]
    blocks += [Paragraph(note, "note") for note in study["scenario"]["notes"]]
    return blocks


def setting(option: Option) -> str:
    """Mode, precision and batch of an option in a few words."""
    parts = [option["mode"], shortened(option["precision"].upper(), 16), f"batch {option['batch']}"]
    return ", ".join(part for part in parts if part)


def _facts(chosen: Option, rack: Rack | None) -> tuple[Fact, ...]:
    spares = chosen["spares"]
    how_many = "spares unknown" if spares is None else f"and {spares} spare{'' if spares == 1 else 's'}"
    used = chosen["utilisation"]
    return (
        Fact("Part", shortened(chosen["name"], 40), shortened(setting(chosen), 48)),
        Fact("How many", whole(chosen["count"]), how_many),
        Fact(
            "Headroom",
            UNKNOWN if used is None else percent(1 - used),
            "" if used is None else f"planned load {percent(used)}",
        ),
        _slowest(chosen, rack),
        _power(chosen, rack),
        _temperature(chosen, rack),
        Fact("To buy", _amount(chosen["capital"], chosen), _running(chosen)),
        Fact(
            "Over the horizon",
            _amount(chosen["total_cost"], chosen),
            f"latency: {chosen['latency_provenance']}; weakest input: {chosen['provenance']}",
        ),
    )


def _amount(amount: float | None, chosen: Option) -> str:
    """In full, as in the verdict above it: a sum that the reader can add up; tables of many options round."""
    return UNKNOWN if amount is None else f"{whole(amount)} {chosen['currency']}"


def _running(chosen: Option) -> str:
    yearly = chosen["running_cost_per_year"]
    if yearly is None:
        return "running cost unknown"
    return f"and {_amount(yearly, chosen)} a year to run"


def _slowest(chosen: Option, rack: Rack | None) -> Fact:
    """The stream whose 99th percentile comes nearest to its objective, else the latency planned with."""
    results = [] if rack is None else [r for r in rack["streams"] if r["latency_s"]["p99"] is not None]
    if results:
        worst = max(results, key=_share_of_objective)
        limit = "no objective" if worst["slo_s"] is None else f"objective {stated(worst['slo_s'], 's')}"
        return Fact(
            "Latency, p99",
            quantity(worst["latency_s"]["p99"], "s"),
            f"{limit}, {shortened(worst['name'], 30)}",
        )
    planned = chosen["planning_latency_s"] or chosen["latency_s"]
    value = UNKNOWN if planned is None else middle(planned["low"], planned["mid"], planned["high"], "s")
    return Fact("Latency of one batch", value, "without queueing; no rack was simulated")


def _share_of_objective(result: StreamResult) -> float:
    p99_s, slo_s = result["latency_s"]["p99"], result["slo_s"]
    return (p99_s or 0.0) / slo_s if slo_s else 0.0


def _power(chosen: Option, rack: Rack | None) -> Fact:
    each = chosen["power_per_device_w"]
    if rack is not None and rack["power_w"] is not None:
        return Fact("Power of the rack", quantity(rack["power_w"], "w"), "mean of the simulated runs")
    detail = "" if each is None else f"{quantity(each, 'w', 2)} per device"
    return Fact("Power of the rack", quantity(chosen["power_w"], "w"), detail)


def _temperature(chosen: Option, rack: Rack | None) -> Fact:
    if rack is not None and rack["devices"]["temperature_c"]["max"] is not None:
        trip = rack["throttle_c"]
        detail = "simulated" if trip is None else f"simulated; throttles at {celsius(trip)}"
        return Fact("Hottest device", celsius(rack["devices"]["temperature_c"]["max"]), detail)
    return Fact("Device temperature", celsius(chosen["temperature_c"]), "steady, at the planned load")


def _constraints(constraints: list[Constraint]) -> Table:
    words = {True: Cell("met", "good"), False: Cell("not met", "bad"), None: Cell("not known", "open")}
    rows = tuple(
        (*cells(item["name"], item["limit"], item["value"] or UNKNOWN), words[item["met"]])
        for item in constraints
    )
    return Table(
        (Column("Limit", share=2), Column("Allowed", share=1.2), Column("Needed", share=1.5), Column("")),
        rows,
    )


def _what_binds(study: Study) -> list[Block]:
    options = compared(study["options"]).losing[:NEAREST]
    rows = tuple(
        (
            Cell(shortened(option["name"], 60)),
            Cell(shortened(setting(option), 40)),
            Cell(_first_reason(option)),
        )
        for option in options
    )
    if not rows:
        return [
            Heading("What binds", 2),
            Paragraph("No option could be formed; see the warnings in the appendix."),
        ]
    table = Table(
        (
            Column("Nearest options", share=1.2),
            Column("Setting", share=1.1),
            Column("What stands against it", share=2.6),
        ),
        rows,
    )
    return [Heading("What binds", 2), table]


def _first_reason(option: Option) -> str:
    return option["reasons"][0] if option["reasons"] else "no reason was recorded"


def _streams(streams: list[Stream]) -> Table:
    columns = (
        Column("Stream", share=1.4),
        Column("Network", share=1.2),
        Column("Sources", "right"),
        Column("Each sends", "right"),
        Column("Arrivals"),
        Column("Together", "right"),
        Column("Objective", "right"),
    )
    rows = []
    for stream in streams:
        jitter_s = stream["jitter_s"]
        arrivals = shortened(stream["arrivals"], 16) + (f", ± {stated(jitter_s, 's')}" if jitter_s else "")
        rate, quantile = stream["rate_per_s"], stream["slo_quantile"]
        within = "none" if stream["slo_s"] is None else stated(stream["slo_s"], "s")
        share = f" for {significant(100 * quantile, 4).rstrip('0').rstrip('.')} %" if quantile else ""
        rows.append(
            cells(
                shortened(stream["name"], 60),
                shortened(stream["model"], 60),
                whole(stream["count"]),
                stated(rate, "per_s"),
                arrivals,
                stated(rate * stream["count"], "per_s"),
                within + (share if stream["slo_s"] is not None else ""),
            )
        )
    return Table(columns, tuple(rows))

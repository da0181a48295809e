"""The chapters of a fleet's report: the plan, groups, the worst sites, years, orders, spares, updates."""

from __future__ import annotations

from collections.abc import Iterator

from planner.report.blocks import Block, Bullets, Cell, Column, Figure, Heading, Paragraph, Table, valued
from planner.report.fleet.figures import (
    groups_drawing,
    headroom_drawing,
    map_drawing,
    swings_drawing,
    years_drawing,
)
from planner.report.numbers import count, money, percent, quantity, significant, whole
from planner.schema.record.fleet.record import FleetChoiceRecord, FleetRecord
from planner.wording.message import Wording

_J_PER_MWH, _S_PER_DAY, _S_PER_HOUR = 3.6e9, 86400.0, 3600.0
_MOST_SINGLES = 6
_MOST_GROUPS = 40


def fleet_blocks(found: FleetRecord, say: Wording) -> list[Block]:
    """The document whole."""
    chapters = (_answer, _choices, _groups, _worst, _years, _orders, _shelves, _updates, _inputs, _notes)
    return [block for chapter in chapters for block in chapter(found, say)]


def _answer(found: FleetRecord, say: Wording) -> Iterator[Block]:
    totals, plan, currency = found["totals"], found["plan"], found["currency"]
    yield Heading(found["title"])
    yield Paragraph(found["question"])
    if not found["feasible"]:
        yield Paragraph(say("fleet.none", sites=whole(totals["sites"])))
        return
    names = tuple(found["part_names"].get(part, part) for part in plan["parts"])
    items = [
        say("fleet.plan", items=names, devices=whole(totals["devices"]), sites=whole(plan["served"])),
        say("fleet.to_buy", capital=money(totals["capital"], currency), total=money(plan["total"], currency)),
        say("fleet.alike", questions=whole(found["questions"]), sites=whole(totals["sites"])),
    ]
    if plan["unserved"]:
        items.insert(1, say("fleet.unserved", sites=whole(plan["unserved"])))
    if plan["open"]:
        items.insert(1, say("fleet.open", sites=whole(plan["open"])))
    if found["standard_extra"] is not None and found["singles"]:
        part = found["singles"][0]["parts"][0]
        extra = money(found["standard_extra"], currency)
        items.append(say("fleet.standard_extra", part=found["part_names"].get(part, part), extra=extra))
    yield Bullets(tuple(items))


def _choices(found: FleetRecord, say: Wording) -> Iterator[Block]:
    yield Heading(say("fleet.choices"), 2)
    named = [
        (say("fleet.the_plan"), found["plan"]),
        (say("fleet.best_at_each"), found["best_at_each"]),
        (say("fleet.by_group"), found["by_group"]),
        *(
            (say("fleet.all_of", part=found["part_names"].get(one["parts"][0], one["parts"][0])), one)
            for one in found["singles"][:_MOST_SINGLES]
        ),
    ]
    heads = (
        "kinds",
        "served",
        "open_head",
        "cost_sites",
        "cost_visits",
        "cost_kinds",
        "cost_shelf",
        "cost_all",
    )
    columns = (
        Column(say("fleet.way"), share=1),
        *(Column(say(f"fleet.{head}"), "right") for head in heads),
    )
    rows = tuple((Cell(name), *_choice(item)) for name, item in named)
    yield Table(columns, rows, say("fleet.choices_caption", currency=found["currency"]), small=True)
    note = found["kinds_note"]
    yield Paragraph(
        say("fleet.kind_free") if note is None else say("fleet.kind_note", note=note), style="note"
    )


def _choice(item: FleetChoiceRecord) -> Iterator[Cell]:
    yield Cell(str(len(item["parts"])))
    yield Cell(whole(item["served"]))
    yield Cell(whole(item["open"]))
    for name in (item["sites_cost"], item["visits_cost"], item["kinds_cost"], item["pool_cost"]):
        yield valued(name, significant(name, 4))
    yield valued(item["total"], significant(item["total"], 4))


def _groups(found: FleetRecord, say: Wording) -> Iterator[Block]:
    yield Heading(say("fleet.groups"), 2)
    chart = groups_drawing(found, say)
    if chart is not None:
        yield Figure(chart, say("fleet.groups_caption"), say("fleet.groups_alt"))
    drawn = map_drawing(found, say)
    if drawn is not None:
        yield Figure(drawn, say("fleet.map_caption"), say("fleet.map_alt"))
    heads = ("sites", "served", "open_head", "devices", "to_buy_head", "energy", "carbon")
    columns = (
        Column(say("fleet.group"), share=1),
        *(Column(say(f"fleet.{head}"), "right") for head in heads),
        Column(say("fleet.standard"), share=1),
    )
    rows = tuple(
        (
            Cell(group["name"]),
            Cell(whole(group["sites"])),
            Cell(whole(group["served"])),
            Cell(whole(group["open"])),
            Cell(whole(group["devices"])),
            valued(group["capital"], money(group["capital"], found["currency"])),
            Cell(_energy(group["energy_j"])),
            Cell(_carbon(group["carbon_kg"])),
            Cell(_named(found, found["group_standards"].get(group["name"])) or say("fleet.no_part")),
        )
        for group in found["groups"][:_MOST_GROUPS]
    )
    yield Table(columns, rows, say("fleet.groups_table"), small=True)


def _worst(found: FleetRecord, say: Wording) -> Iterator[Block]:
    yield Heading(say("fleet.headroom"), 2)
    drawing = headroom_drawing(found, say)
    if drawing is not None:
        yield Figure(drawing, say("fleet.headroom_caption"), say("fleet.headroom_alt"))
    columns = (
        Column(say("fleet.site")),
        Column(say("fleet.group")),
        Column(say("fleet.has"), share=1),
        Column(say("head.verdict")),
        Column(say("fleet.headroom_head"), "right"),
        Column(say("fleet.why"), share=2),
    )
    rows = tuple(
        (
            Cell(str(row["site"])),
            Cell(str(row["group"])),
            Cell(say("fleet.no_part") if row["device"] is None else f"{row['count']} × {row['device']}"),
            Cell(say.term("verdict", str(row["verdict"]))),
            Cell("–" if row["headroom"] is None else percent(row["headroom"])),
            Cell(str(row["reason"]), "note"),
        )
        for row in found["worst"]
    )
    yield Table(columns, rows, say("fleet.worst_caption"), small=True)


def _years(found: FleetRecord, say: Wording) -> Iterator[Block]:
    yield Heading(say("fleet.years"), 2)
    drawing = years_drawing(found, say)
    if drawing is not None:
        yield Figure(drawing, say("fleet.years_caption"), say("fleet.years_alt"))
    heads = ("sites", "devices", "line_capital", "line_running", "visits", "energy", "carbon")
    columns = (Column(say("fleet.year")), *(Column(say(f"fleet.{head}"), "right") for head in heads))
    rows = tuple(
        (
            Cell(str(year["year"])),
            Cell(whole(year["sites"])),
            Cell(whole(year["devices"])),
            valued(year["capital"], money(year["capital"], found["currency"])),
            valued(year["running"], money(year["running"], found["currency"])),
            Cell(significant(year["visits"], 3)),
            Cell(_energy(year["energy_j"])),
            Cell(_carbon(year["carbon_kg"])),
        )
        for year in found["years"]
    )
    yield Table(columns, rows, say("fleet.years_table"), small=True)


def _orders(found: FleetRecord, say: Wording) -> Iterator[Block]:
    if not found["orders"]:
        return
    heads = ("for_sites", "for_shelf", "price_each", "amount")
    columns = (
        Column(say("fleet.year")),
        Column(say("head.part"), share=1),
        *(Column(say(f"fleet.{head}"), "right") for head in heads),
    )
    rows = tuple(
        (
            Cell(str(order["year"])),
            Cell(order["name"]),
            Cell(whole(order["for_sites"])),
            Cell(whole(order["for_shelf"])),
            valued(order["price"], money(order["price"], found["currency"])),
            valued(order["amount"], money(order["amount"], found["currency"])),
        )
        for order in found["orders"]
    )
    yield Heading(say("fleet.orders"), 2)
    yield Table(columns, rows, say("fleet.orders_caption"), small=True)


def _shelves(found: FleetRecord, say: Wording) -> Iterator[Block]:
    if not found["pool"]:
        return
    heads = ("devices", "failures", "stock", "in_repair", "waits", "mean_wait", "mean_down")
    columns = (
        Column(say("fleet.shelf")),
        Column(say("head.part"), share=1),
        *(Column(say(f"fleet.{head}"), "right") for head in heads),
    )
    rows = tuple(
        (
            Cell(row["shelf"]),
            Cell(_named(found, row["device"])),
            Cell(whole(row["devices"])),
            Cell(significant(row["failures_per_year"], 3)),
            Cell(whole(row["stock"])),
            Cell(significant(row["in_repair"], 2)),
            Cell(percent(row["waits"])),
            Cell(_hours(row["mean_wait_s"])),
            Cell(_hours(row["mean_down_s"])),
        )
        for row in found["pool"]
    )
    yield Heading(say("fleet.shelves"), 2)
    yield Table(columns, rows, say("fleet.shelves_caption"), small=True)


def _updates(found: FleetRecord, say: Wording) -> Iterator[Block]:
    if not found["updates"]:
        return
    heads = ("a_site", "in_all", "a_year", "waves", "nearly_all")
    columns = (Column(say("fleet.way"), share=1), *(Column(say(f"fleet.{h}"), "right") for h in heads))
    rows = tuple(
        (
            Cell(say(f"fleet.way_{way['way']}")),
            Cell(quantity(way["bytes_per_site"], "bytes")),
            Cell(quantity(way["total_bytes"], "bytes")),
            Cell(quantity(way["bytes_per_year"], "bytes")),
            Cell(str(len(way["waves"]))),
            Cell(f"{way['nearly_all_s'] / _S_PER_DAY:.1f} d"),
        )
        for way in found["updates"]
    )
    yield Heading(say("fleet.updates"), 2)
    yield Table(columns, rows, say("fleet.updates_caption"), small=True)


def _inputs(found: FleetRecord, say: Wording) -> Iterator[Block]:
    drawing = swings_drawing(found, say)
    if drawing is not None:
        yield Heading(say("fleet.inputs"), 2)
        yield Figure(drawing, say("fleet.inputs_caption"), say("fleet.inputs_alt"))


def _notes(found: FleetRecord, say: Wording) -> Iterator[Block]:
    items = [
        say(
            "fleet.rounding",
            column=item["column"],
            step=f"{item['step']:g}",
            sites=whole(item["changed"]),
            mean=percent(item["mean_ratio"]),
            most=percent(item["largest_ratio"]),
        )
        for item in found["roundings"]
    ]
    items += [
        say("fleet.unpriced", part=part, sites=whole(sites)) for part, sites in found["unpriced"].items()
    ]
    items += found["notes"]
    yield Heading(say("fleet.rests_on"), 2)
    yield Bullets((say("fleet.method"), say("fleet.carbon_note"), *items))


def _named(found: FleetRecord, part: str | None) -> str:
    return "" if part is None else found["part_names"].get(part, part)


def _energy(energy_j: float) -> str:
    return f"{significant(energy_j / _J_PER_MWH, 3)} MWh"


def _carbon(kilograms: float | None) -> str:
    return count(None) if kilograms is None else f"{significant(kilograms / 1000.0, 3)} t"


def _hours(seconds: float) -> str:
    return f"{significant(seconds / _S_PER_HOUR, 2)} h"

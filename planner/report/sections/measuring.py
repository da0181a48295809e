"""What was measured on the plan's own parts, and what to measure before ordering."""

from __future__ import annotations

from planner.report.blocks import Block, Bullets, Cell, Column, Heading, Paragraph, Table, valued
from planner.report.numbers import UNKNOWN, percent, quantity, whole
from planner.schema.record import StudyRecord
from planner.schema.record.sizing import ToMeasureRecord
from planner.schema.record.trust import MeasuredHereRecord
from planner.wording.message import Wording

_MOST_ROWS = 8


def measuring(study: StudyRecord, say: Wording) -> list[Block]:
    """Measured against predicted, a row each; then what is worth measuring, and how the first is done."""
    return [*_measured(study.get("measured_here", []), say), *wanted(study.get("to_measure", []), say)]


def _measured(found: list[MeasuredHereRecord], say: Wording) -> list[Block]:
    if not found:
        return []
    columns = (
        Column(say("head.measurement"), share=1.6),
        Column(say("head.what")),
        Column(say("head.predicted"), "right", share=1),
        Column(say("head.measured_over"), "right"),
        Column(say("head.in_band")),
    )
    rows = tuple(_row(item, say) for item in found)
    inside = sum(item["inside"] for item in found)
    return [
        Heading(say("measuring.title"), follows=True, anchor="measured-here"),
        Paragraph(say("measuring.inside", inside=f"{inside:,}", rows=f"{len(found):,}")),
        Table(columns, rows, say("measuring.caption"), small=True),
    ]


def _row(item: MeasuredHereRecord, say: Wording) -> tuple[Cell, ...]:
    band, unit = item["predicted"], "s" if item["quantity"] == "latency" else "w"
    ends = f"{quantity(band['mid'], unit)} ({quantity(band['low'], unit)} – {quantity(band['high'], unit)})"
    return (
        Cell(item["name"]),
        Cell(say(f"measuring.{item['quantity']}")),
        valued(band["mid"], ends),
        Cell(f"{100 * (item['ratio'] - 1):+.1f} %", number=item["ratio"]),
        Cell(say("measuring.yes")) if item["inside"] else Cell(say("measuring.no"), "open"),
    )


def wanted(found: list[ToMeasureRecord], say: Wording) -> list[Block]:
    """What is worth measuring before ordering, and how."""
    if not found:
        return []
    columns = (
        Column(say("head.network"), share=1),
        Column(say("head.part"), share=1),
        Column(say("head.chance"), "right"),
        Column(say("head.worth"), "right"),
        Column(say("head.between"), "right", share=1),
    )
    rows = tuple(_wanted_row(item) for item in found[:_MOST_ROWS])
    first = found[0]
    steps = (*first["first"], *first["on_the_part"], *first["here"])
    return [
        Heading(say("measuring.wanted"), follows=True, anchor="to-measure"),
        Table(columns, rows, say("measuring.wanted_caption"), small=True),
        Paragraph(say("measuring.steps", network=first["network"], device=first["device"])),
        Bullets(steps, numbered=True, tight=True),
    ]


def _wanted_row(item: ToMeasureRecord) -> tuple[Cell, ...]:
    currency = item["currency"]
    worth = UNKNOWN if item["worth"] is None else f"{whole(item['worth'])} {currency}"
    money = "" if item["money_open"] is None else f" ({whole(item['money_open'])} {currency})"
    return (
        Cell(item["network"]),
        Cell(f"{item['device']}, {item['mode']}"),
        Cell(percent(item["chance"]), number=item["chance"]),
        valued(item["worth"], worth),
        valued(item["devices_open"], f"{item['devices_open']:.1f}{money}"),
    )

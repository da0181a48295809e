"""What the parts cost over the years."""

from __future__ import annotations

from planner.report.blocks import Block, Cell, Column, Figure, Heading, Paragraph, Table, valued
from planner.report.figures.spending import spending_drawing
from planner.report.figures.tornado import MOST_SWINGS, tornado_drawing
from planner.report.numbers import ends, money, significant
from planner.schema.record import SpendingLineRecord, SpendingRecord, StudyRecord, SwingRecord, TornadoRecord
from planner.wording.message import Wording


def spending(study: StudyRecord, say: Wording) -> list[Block]:
    """Lines over the years and the sums in a table; says so where no price is known."""
    found = study.get("spending")
    return [] if found is None or study["chosen"] is None else spent(found, say)


def spent(found: SpendingRecord, say: Wording) -> list[Block]:
    """The same of any plan."""
    heading = Heading(say("spending.title"), follows=True, anchor="spending")
    if not found["lines"]:
        return [heading, Paragraph(say("spending.unknown"))]
    blocks: list[Block] = [heading]
    drawing = spending_drawing(found, say)
    if drawing is not None:
        blocks.append(Figure(drawing, say("spending.caption"), say("spending.alt"), "spending"))
    columns = (
        Column(say("head.part"), share=1),
        Column(say("head.devices"), "right"),
        Column(say("head.to_buy"), "right"),
        Column(say("head.per_year"), "right"),
        Column(say("head.sum"), "right"),
    )
    rows = tuple(_line(line, found) for line in found["lines"])
    years = f"{found['horizon_years']:g}"
    blocks.append(Table(columns, rows, say("spending.table", years=years), small=True))
    tornado = found.get("tornado")
    return [*blocks, *(_tornado(tornado, say) if tornado else [])]


def _tornado(found: TornadoRecord, say: Wording) -> list[Block]:
    drawing = tornado_drawing(found, say)
    if drawing is None:
        return []
    figure = Figure(drawing, say("spending.tornado"), say("spending.tornado_alt"), chart="tornado")
    columns = (
        Column(say("head.input"), share=1),
        Column(say("head.band"), "right"),
        Column(say("head.at_low"), "right"),
        Column(say("head.at_high"), "right"),
        Column(say("head.basis"), share=1.2),
    )
    rows = tuple(_swing(swing, found, say) for swing in found["swings"][:MOST_SWINGS])
    return [Heading(say("spending.hangs_on"), 2), figure, Table(columns, rows, small=True)]


def _swing(swing: SwingRecord, found: TornadoRecord, say: Wording) -> tuple[Cell, ...]:
    low, high = swing["total_cost_at_low"], swing["total_cost_at_high"]
    return (
        Cell(say.term("cost_input", swing["input"])),
        valued(swing["planned"], _ends(swing)),
        Cell(money(low, found["currency"]), number=low),
        Cell(money(high, found["currency"]), number=high),
        Cell(swing["basis"], "note"),
    )


def _ends(swing: SwingRecord) -> str:
    if swing["unit"] == "s":
        return ends(swing["low"], swing["high"], "s")
    return f"{significant(swing['low'], 3)}–{significant(swing['high'], 3)} {swing['unit']}".strip()


def _line(line: SpendingLineRecord, found: SpendingRecord) -> tuple[Cell, ...]:
    currency = found["currency"]
    yearly, total = line["running_cost_per_year"], line["spent"][-1]
    return (
        Cell(line["name"]),
        Cell(str(line["count"]), number=line["count"]),
        Cell(money(line["capital"], currency), number=line["capital"]),
        Cell(money(yearly, currency), number=yearly),
        Cell(money(total, currency), number=total),
    )

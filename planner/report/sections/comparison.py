"""Which options there were, how they compare, and why each loser loses."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from planner.report.blocks import Block, Cell, Column, Figure, Heading, Paragraph, Table, cells
from planner.report.figures.tradeoff import Tradeoff, tradeoff
from planner.report.numbers import band, celsius, money, percent, quantity, shortened, whole
from planner.report.record import Band, Option, Study
from planner.report.sections.cover import setting
from planner.report.selection import Compared, compared

_COLUMNS = (
    Column("#", "right"),
    Column("Part and setting", share=1),
    Column("Devices", "right"),
    Column("Latency", "right"),
    Column("Load", "right"),
    Column("Power", "right"),
    Column("Temp.", "right"),
    Column("To buy", "right"),
    Column("Horizon", "right"),
)


def comparison(study: Study) -> list[Block]:
    """The comparison table, the trade-off drawing and the reasons of the losers."""
    shown = compared(study["options"])
    if not shown.rows:
        return [
            Heading("Comparison"),
            Paragraph("The scenario admits no part at all, so there is nothing to compare."),
        ]
    blocks: list[Block] = [Heading("Comparison"), Paragraph(_introduction(shown, study["options"]))]
    if shown.feasible:
        chosen = study["chosen"]
        row = next(
            (i for i, option in enumerate(shown.feasible) if chosen is not None and option == chosen), None
        )
        rows = tuple(option_row(number, option) for number, option in enumerate(shown.feasible, start=1))
        blocks.append(Table(_COLUMNS, rows, _caption(shown), emphasised_row=row, small=True))
    drawing = tradeoff(shown, study["options"])
    if drawing is not None:
        blocks.append(_figure(drawing, shown, study["options"]))
    if shown.losing:
        blocks += [Heading("Why the others lose", 2), _losers(shown)]
    return blocks


def full_table(options: Sequence[Option]) -> Table:
    """Every option in order of merit, with the first reason of those that are not feasible."""
    columns = (*_COLUMNS, Column("Verdict", share=0.7))
    rows = tuple(
        (*option_row(number, option, length=300), _verdict(option))
        for number, option in enumerate(options, start=1)
    )
    return Table(columns, rows, "All options, best first.", small=True)


def option_row(number: int, option: Option, length: int = 60) -> tuple[Cell, ...]:
    """The cells of one option: number, part and setting, devices and spares, and its numbers."""
    spares = f" + {option['spares']}" if option["spares"] else ""
    name = f"{shortened(option['name'], length)}, {shortened(setting(option), 48)}"
    currency = option["currency"]
    return (
        Cell(str(number), "note"),
        Cell(name),
        *cells(
            "–" if option["count"] is None else whole(option["count"]) + spares,
            _band_or_dash(option["planning_latency_s"] or option["latency_s"]),
            _or_dash(option["utilisation"], percent),
            _or_dash(option["power_w"], lambda value: quantity(value, "w")),
            _or_dash(option["temperature_c"], celsius),
            _or_dash(option["capital"], lambda value: _amount(value, currency)),
            _or_dash(option["total_cost"], lambda value: _amount(value, currency)),
        ),
    )


def _or_dash(value: float | None, show: Callable[[float], str]) -> str:
    return "–" if value is None else show(value)


def _band_or_dash(shown: Band | None) -> str:
    return "–" if shown is None else band(shown["low"], shown["mid"], shown["high"], "s")


def _amount(value: float, currency: str) -> str:
    return money(value, currency).removeprefix(currency).strip()


def _verdict(option: Option) -> Cell:
    if option["feasible"]:
        return Cell("feasible, on the front" if option["pareto"] else "feasible", "good")
    return Cell(option["reasons"][0] if option["reasons"] else "not feasible", "note")


def _introduction(shown: Compared, options: Sequence[Option]) -> str:
    feasible = sum(option["feasible"] for option in options)
    devices = len({option["device"] for option in options})
    text = (
        f"{len(options):,} options on {devices} parts were weighed, each a part in one mode, precision and "
        f"batch with the number of devices that the load takes; {feasible or 'none'} "
        f"{'is' if feasible == 1 else 'are'} feasible."
    )
    left_out = shown.feasible_left_out
    if left_out == 1:
        text += " The other feasible one stands in the appendix."
    elif left_out:
        text += f" The other {left_out} feasible ones stand in the appendix."
    return text


def _caption(shown: Compared) -> str:
    currency = shown.feasible[0]["currency"]
    return (
        "Feasible options, best first. Devices: in use + spares. Latency: of one batch as planned with, "
        f"middle and (low–high). Power: the whole rack. Money in {currency}. A dash: not known."
    )


def _figure(drawing: Tradeoff, shown: Compared, options: Sequence[Option]) -> Figure:
    caption = (
        "Trade-offs: numbers are rows of the tables above and below, small marks are options of the appendix."
    )
    if drawing.missing:
        caption += f" {drawing.missing} of {len(options)} options lack a number and are not drawn in full."
    names = ", ".join(shortened(option["name"], 40) for option in shown.rows[:6])
    return Figure(drawing.svg, caption, f"Scatter plot of the options by cost, power and latency: {names}")


def _losers(shown: Compared) -> Table:
    first = len(shown.feasible) + 1
    columns = (
        Column("#", "right"),
        Column("Part, at its best setting", share=1.5),
        Column("Devices", "right"),
        Column("Latency", "right"),
        Column("Power", "right"),
        Column("Why it loses", share=2.2),
    )
    rows = []
    for number, option in enumerate(shown.losing, start=first):
        row = option_row(number, option)
        reasons = "; ".join(option["reasons"]) or "no reason was recorded"
        rows.append((*row[:4], row[5], Cell(reasons)))
    return Table(columns, tuple(rows), "The best option of each part that has no feasible one.", small=True)

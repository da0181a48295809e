"""Which options there were, how they compare, and why each loser loses."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from planner.report.blocks import Block, Cell, Column, Figure, Heading, Paragraph, Table
from planner.report.figures.tradeoff import Tradeoff, tradeoff
from planner.report.numbers import band, celsius, money, percent, quantity, shortened, whole
from planner.report.sections.first_page import setting
from planner.report.selection import ComparisonRows, compared
from planner.schema.record import BandRecord, OptionRecord, StudyRecord
from planner.wording.message import Wording

_DASH = "–"


def comparison(study: StudyRecord, say: Wording) -> list[Block]:
    """The comparison table, the trade-off drawing and the reasons of the losers."""
    shown = compared(study["options"])
    if not shown.rows:
        return [
            Heading(say("comparison.title"), follows=True, anchor="comparison"),
            Paragraph(say("comparison.nothing")),
        ]
    blocks: list[Block] = [
        Heading(say("comparison.title"), follows=True, anchor="comparison"),
        Paragraph(_introduction(shown, study["options"], say)),
    ]
    if shown.feasible:
        chosen = study["chosen"]
        row = next(
            (i for i, option in enumerate(shown.feasible) if chosen is not None and option == chosen), None
        )
        rows = tuple(option_row(number, option, say) for number, option in enumerate(shown.feasible, start=1))
        caption = say("comparison.caption", currency=shown.feasible[0]["currency"])
        blocks.append(Table(option_columns(say), rows, caption, emphasised_row=row, small=True))
    drawing = tradeoff(shown, study["options"], say)
    if drawing is not None:
        blocks.append(_figure(drawing, shown, study["options"], say))
    if shown.losing:
        blocks += [Heading(say("comparison.why"), 2), _losers(shown, say)]
    return blocks


def full_table(options: Sequence[OptionRecord], say: Wording) -> Table:
    """Every option in order of merit, with the first reason of those that are not feasible."""
    columns = (*option_columns(say), Column(say("head.verdict"), share=0.7))
    rows = tuple(
        (*option_row(number, option, say, length=300), _verdict(option, say))
        for number, option in enumerate(options, start=1)
    )
    return Table(columns, rows, say("comparison.all"), small=True, id="options")


def option_columns(say: Wording) -> tuple[Column, ...]:
    """The headings over `option_row`."""
    return (
        Column("#", "right"),
        Column(say("head.part_and_setting"), share=1),
        Column(say("head.devices"), "right"),
        Column(say("head.latency"), "right"),
        Column(say("head.load"), "right"),
        Column(say("head.power"), "right"),
        Column(say("head.temperature"), "right"),
        Column(say("head.to_buy"), "right"),
        Column(say("head.horizon"), "right"),
    )


def option_row(number: int, option: OptionRecord, say: Wording, length: int = 60) -> tuple[Cell, ...]:
    """The cells of one option: number, part and setting, devices and spares, and its numbers."""
    spares = f" + {option['spares']}" if option["spares"] else ""
    items = (shortened(option["name"], length), shortened(setting(option, say), 48))
    currency = option["currency"]
    return (
        Cell(str(number), "note", number=number),
        Cell(say("option.name", items=items)),
        _or_dash(option["count"], lambda value: whole(value) + spares),
        _band_or_dash(option["planning_latency_s"] or option["latency_s"]),
        _or_dash(option["utilisation"], percent),
        _or_dash(option["power_w"], lambda value: quantity(value, "w")),
        _or_dash(option["temperature_c"], celsius),
        _or_dash(option["capital"], lambda value: _amount(value, currency)),
        _or_dash(option["total_cost"], lambda value: _amount(value, currency)),
    )


def _or_dash(value: float | None, show: Callable[[float], str]) -> Cell:
    return Cell(_DASH) if value is None else Cell(show(value), number=value)


def _band_or_dash(shown: BandRecord | None) -> Cell:
    if shown is None:
        return Cell(_DASH)
    return Cell(band(shown["low"], shown["mid"], shown["high"], "s"), number=shown["mid"])


def _amount(value: float, currency: str) -> str:
    return money(value, currency).removesuffix(currency).strip()


def _verdict(option: OptionRecord, say: Wording) -> Cell:
    if option["feasible"]:
        return Cell(say("option.on_front") if option["pareto"] else say("option.feasible"), "good")
    return Cell(option["reasons"][0] if option["reasons"] else say("option.not_feasible"), "note")


def _introduction(shown: ComparisonRows, options: Sequence[OptionRecord], say: Wording) -> str:
    feasible = sum(option["feasible"] for option in options)
    sentences = [
        say(
            "comparison.weighed",
            options=f"{len(options):,}",
            parts=len({option["device"] for option in options}),
            feasible=say.counted("comparison.feasible", feasible)
            if feasible
            else say("comparison.none_feasible"),
        )
    ]
    if shown.feasible_left_out:
        sentences.append(say.counted("comparison.left_out", shown.feasible_left_out))
    return say("text.paragraph", sentences=tuple(sentences))


def _figure(
    drawing: Tradeoff, shown: ComparisonRows, options: Sequence[OptionRecord], say: Wording
) -> Figure:
    sentences = [say("comparison.tradeoff")]
    if drawing.missing:
        sentences.append(say("comparison.missing", missing=drawing.missing, options=len(options)))
    names = tuple(shortened(option["name"], 40) for option in shown.rows[:6])
    return Figure(
        drawing.svg,
        say("text.paragraph", sentences=tuple(sentences)),
        say("comparison.alt", items=names),
        chart="tradeoff",
    )


def _losers(shown: ComparisonRows, say: Wording) -> Table:
    first = len(shown.feasible) + 1
    columns = (
        Column("#", "right"),
        Column(say("head.part_at_best"), share=1.5),
        Column(say("head.devices"), "right"),
        Column(say("head.latency"), "right"),
        Column(say("head.power"), "right"),
        Column(say("head.why_loses"), share=2.2),
    )
    rows = []
    for number, option in enumerate(shown.losing, start=first):
        row = option_row(number, option, say)
        reasons = say("option.reasons", reasons=tuple(option["reasons"] or [say("option.no_reason")]))
        rows.append((*row[:4], row[5], Cell(reasons)))
    return Table(columns, tuple(rows), say("comparison.losers"), small=True)

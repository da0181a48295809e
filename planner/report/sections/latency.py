"""Latency of the parts against the objective, and what precision and batch do to the chosen one."""

from __future__ import annotations

from planner.report.blocks import Block, Cell, Column, Figure, Heading, Table, valued
from planner.report.figures.ladder import knees, ladder
from planner.report.figures.latency import MOST_RIVALS, latency_bars
from planner.report.names import part_name, setting_names
from planner.report.numbers import UNKNOWN, band, band_digits, quantity, shortened
from planner.schema.record import RungRecord, StudyRecord
from planner.wording.message import Wording


def latency(study: StudyRecord, say: Wording) -> list[Block]:
    """Bars per part, then the ladder of precisions and batches; nothing where neither is known."""
    blocks: list[Block] = []
    bars = latency_bars(study["rivals"], say)
    if bars is not None:
        sentences = [say("latency.bars")]
        if len(study["rivals"]) > MOST_RIVALS:
            sentences.append(say("latency.first", shown=MOST_RIVALS, number=len(study["rivals"])))
        caption = say("text.paragraph", sentences=tuple(sentences))
        blocks.append(Figure(bars, caption, say("latency.bars_alt"), chart="rivals"))
    for index, model in enumerate(dict.fromkeys(rung["model"] for rung in study["ladder"])):
        rungs = [rung for rung in study["ladder"] if rung["model"] == model]
        blocks += _ladder(rungs, part_name(study, rungs[0]["device"]), index, say)
    return [Heading(say("latency.title"), follows=True), *blocks] if blocks else []


def _ladder(rungs: list[RungRecord], part: str, index: int, say: Wording) -> list[Block]:
    first = rungs[0]
    where = " ".join((part, *setting_names("", None, first["mode"], say)))
    title = say("latency.ladder", model=shortened(first["model"], 60), part=shortened(where, 80))
    blocks: list[Block] = [Heading(title, 2)]
    drawing = ladder(rungs, say)
    if drawing is not None:
        found = knees(rungs)
        caption = say(
            "text.paragraph",
            sentences=(
                say("latency.ladder_caption"),
                say(
                    "latency.knees",
                    items=tuple(f"{name.upper()} {rung['batch']}" for name, rung in found.items()),
                ),
            ),
        )
        alt = say("latency.ladder_alt", title=title)
        blocks.append(Figure(drawing, caption, alt, chart=f"ladder-{index}"))
    columns = (
        Column(say("head.precision"), share=1),
        Column(say("head.batch"), "right"),
        Column(say("head.batch_latency"), "right", share=1.4),
        Column(say("head.inferences"), "right", share=1),
        Column(say("head.memory"), share=1),
    )
    blocks.append(Table(columns, tuple(_row(rung, say) for rung in rungs), small=True))
    return blocks


def _row(rung: RungRecord, say: Wording) -> tuple[Cell, ...]:
    shown = rung["latency_s"]
    return (
        Cell(rung["precision"].upper()),
        valued(rung["batch"], str(rung["batch"])),
        Cell(UNKNOWN)
        if shown is None
        else valued(shown["mid"], band(shown["low"], shown["mid"], shown["high"], "s")),
        valued(
            rung["throughput_per_s"],
            quantity(
                rung["throughput_per_s"],
                "per_s",
                3 if shown is None else band_digits(shown["low"], shown["mid"], shown["high"]),
            ),
        ),
        Cell(say("latency.fits")) if rung["fits"] else Cell(say("latency.does_not_fit"), "bad"),
    )

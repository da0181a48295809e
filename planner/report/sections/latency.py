"""Latency of the parts against the objective, and what precision and batch do to the chosen one."""

from __future__ import annotations

from planner.report.blocks import Block, Cell, Column, Figure, Heading, Table, cells
from planner.report.figures.ladder import ladder
from planner.report.figures.latency import MOST_RIVALS, latency_bars
from planner.report.numbers import UNKNOWN, band, band_digits, quantity, shortened
from planner.report.record import Rung, Study


def latency(study: Study) -> list[Block]:
    """Bars per part, then the ladder of precisions and batches; nothing where neither is known."""
    blocks: list[Block] = []
    bars = latency_bars(study["rivals"])
    if bars is not None:
        caption = (
            "Latency of one batch on each part at its best setting, without queueing. The bar is the band of "
            "the estimate; the thin line is what planning counts with, after heat and power limits."
        )
        if len(study["rivals"]) > MOST_RIVALS:
            caption += f" The first {MOST_RIVALS} of {len(study['rivals'])} parts are drawn."
        blocks.append(Figure(bars, caption, "Bar chart of latency by part against the objective"))
    for model in dict.fromkeys(rung["model"] for rung in study["ladder"]):
        blocks += _ladder([rung for rung in study["ladder"] if rung["model"] == model])
    return [Heading("Latency", follows=not study["roofline"]), *blocks] if blocks else []


def _ladder(rungs: list[Rung]) -> list[Block]:
    first = rungs[0]
    where = " ".join(part for part in (first["device"], first["mode"]) if part)
    title = f"{shortened(first['model'], 60)} on {shortened(where, 80)}, by precision and batch"
    blocks: list[Block] = [Heading(title, 2)]
    drawing = ladder(rungs)
    if drawing is not None:
        caption = (
            "Latency with its band, and throughput of one device, over the batch; both axes logarithmic."
        )
        blocks.append(Figure(drawing, caption, f"Line chart of latency and throughput of {title}"))
    columns = (
        Column("Precision", share=1),
        Column("Batch", "right"),
        Column("Latency of one batch", "right", share=1.4),
        Column("Inferences", "right", share=1),
        Column("Memory", share=1),
    )
    blocks.append(Table(columns, tuple(_row(rung) for rung in rungs), small=True))
    return blocks


def _row(rung: Rung) -> tuple[Cell, ...]:
    shown = rung["latency_s"]
    return (
        *cells(
            rung["precision"].upper(),
            str(rung["batch"]),
            UNKNOWN if shown is None else band(shown["low"], shown["mid"], shown["high"], "s"),
            quantity(
                rung["throughput_per_s"],
                "per_s",
                3 if shown is None else band_digits(shown["low"], shown["mid"], shown["high"]),
            ),
        ),
        Cell("fits") if rung["fits"] else Cell("does not fit", "bad"),
    )

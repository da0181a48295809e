"""The formulas that the study rests on, each with its source and where it stops holding."""

from __future__ import annotations

from planner.report.blocks import Block, Cell, Column, Heading, Table
from planner.report.record import Study
from planner.wording.message import Wording


def formulas(study: Study, say: Wording) -> list[Block]:
    """One row a formula, in the order in which a study comes to them; nothing for a record without them."""
    found = study.get("formulas", [])
    if not found:
        return []
    columns = (
        Column(say("head.formula"), share=1),
        Column(say("head.equation"), share=2),
        Column(say("head.source"), share=1.6),
        Column(say("head.formula_limits"), share=1.5),
    )
    rows = tuple(
        (
            Cell(item["title"], "strong"),
            Cell(item["equation"]),
            Cell(item["source"], "note"),
            Cell(item["limits"], "note"),
        )
        for item in found
    )
    table = Table(columns, rows, say("basis.formulas_caption"), small=True)
    return [Heading(say("basis.formulas"), follows=True, anchor="formulas"), table]

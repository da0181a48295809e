"""The chapters of a study in their order, for the PDF and for the page."""

from __future__ import annotations

from planner.forks import in_turns
from planner.report.blocks import Block
from planner.report.sections.basis import appendix, assumptions
from planner.report.sections.comparison import comparison
from planner.report.sections.cover import cover
from planner.report.sections.footprint import footprint
from planner.report.sections.formulas import formulas
from planner.report.sections.frames import frames
from planner.report.sections.heat import heat
from planner.report.sections.latency import latency
from planner.report.sections.measuring import measuring
from planner.report.sections.network import networks
from planner.report.sections.rack import rack
from planner.report.sections.spending import spending
from planner.report.sections.trust import pitfalls, validation
from planner.schema.record import StudyRecord
from planner.wording.message import Wording

_CHAPTERS = (
    cover, comparison, networks, latency, frames, footprint, rack, heat, spending, pitfalls, validation,
    measuring, assumptions, formulas, appendix,
)  # fmt: skip


def chapters(study: StudyRecord, say: Wording, processes: int = 1) -> list[Block]:
    """All blocks of the report in order; the same for any number of processes that make them."""
    made = in_turns(lambda number: _CHAPTERS[number](study, say), len(_CHAPTERS), processes)
    return [block for chapter in made for block in chapter]

"""A fleet's record as a PDF, by the pieces of the report on a scenario."""

from __future__ import annotations

from planner.distribution import VERSION
from planner.report.fleet.blocks import fleet_blocks
from planner.report.pdf import Front, Paper, typeset
from planner.schema.record.fleet.record import FleetRecord
from planner.wording.catalog import Language
from planner.wording.message import Wording


def render_fleet(record: FleetRecord, *, language: Language = "en", paper: Paper = "a4") -> bytes:
    """The bytes of the PDF; the same record gives the same. Raises as `planner.report.pdf.write_pdf` does."""
    say = Wording(language)
    front = Front(record["title"], record["date"], f"planner {VERSION}")
    return typeset(front, fleet_blocks(record, say), say, paper)

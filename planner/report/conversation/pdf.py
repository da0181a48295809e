"""A record of conversations as a PDF, by the pieces of the report on a scenario."""

from __future__ import annotations

from planner.distribution import VERSION
from planner.report.conversation.blocks import conversation_blocks
from planner.report.pdf import Front, Paper, typeset
from planner.schema.record.commands.conversation import ConversationRecord
from planner.wording.catalog import Language
from planner.wording.message import Wording


def render_conversations(
    record: ConversationRecord, *, language: Language = "en", paper: Paper = "a4"
) -> bytes:
    """The bytes of the PDF; the same record gives the same. Raises as `planner.report.pdf.write_pdf` does."""
    say = Wording(language)
    front = Front(record["title"], record["date"], f"planner {VERSION}")
    return typeset(front, conversation_blocks(record, say), say, paper)

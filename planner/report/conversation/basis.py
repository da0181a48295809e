"""What a report on conversations shares with that on frames: order, limits, money, sources, signature."""

from __future__ import annotations

from planner.report.blocks import Block, Bullets, Cell, Column, Heading, Paragraph, Pointers, Table, valued
from planner.report.numbers import quantity, shortened, stated, whole
from planner.report.sections.basis import assumption_table, numbers, reproduction, source_table
from planner.report.sections.first_page import limits, nearest_limits, purchase, signature
from planner.report.sections.measuring import wanted
from planner.report.sections.spending import spent
from planner.schema.record.commands.conversation import (
    ConversationBasisRecord,
    ConversationRecord,
    FramesRecord,
    TalkRecord,
)
from planner.wording.message import Wording


def first_page(found: ConversationRecord, basis: ConversationBasisRecord | None, say: Wording) -> list[Block]:
    """Below the answer: what to order, the nearest limits, what could go wrong, where to look, who signs."""
    if basis is None:
        return []
    blocks = [*purchase(basis["purchase"], say), *nearest_limits(basis["constraints"], say)]
    if basis["risks"]:
        risks = Bullets(tuple(basis["risks"]), numbered=True, tight=True)
        blocks += [Heading(say("cover.risks"), 2, tight=True), risks]
    chosen = next((item for item in found["options"] if item["device"] == found["chosen"]), None)
    if chosen is not None:
        rests_on = say(
            "cover.sources",
            latency=say.term("rests_on", chosen["latency_provenance"]),
            weakest=say.term("rests_on", chosen["provenance"]),
        )
        blocks.append(Pointers(rests_on, _places(basis, say)))
    return [*blocks, signature(basis["scenario"], basis["tool"], say)]


def _places(basis: ConversationBasisRecord, say: Wording) -> tuple[tuple[str, str], ...]:
    headings = (
        (say("conversation.parts"), "comparison", True),
        (say("spending.title"), "spending", basis["spending"]["lines"]),
        (say("basis.assumptions"), "assumptions", basis["assumptions"]),
        (say("basis.numbers"), "numbers", basis["figures"]),
    )
    return tuple((text, anchor) for text, anchor, known in headings if known)


def basis_blocks(found: ConversationRecord, basis: ConversationBasisRecord, say: Wording) -> list[Block]:
    """All limits, what is asked, money, what to measure, assumptions, numbers, sources, digests."""
    blocks: list[Block] = []
    if basis["constraints"]:
        heading = Heading(say("cover.site_allows"), follows=True, anchor="limits")
        blocks += [heading, limits(basis["constraints"], say)]
    blocks += _asked(found, say)
    if found["chosen"] is not None:
        blocks += spent(basis["spending"], say)
        if basis["carbon_kg"] is not None:
            blocks.append(Paragraph(say("conversation.carbon", kg=whole(basis["carbon_kg"])), "note"))
    blocks += wanted(basis["to_measure"], say)
    blocks += assumption_table(basis["assumptions"], say)
    blocks.append(Heading(say("basis.appendix"), follows=True))
    if basis["figures"]:
        names = {item["device"]: item["name"] for item in found["options"]}
        names["rates"] = say("conversation.topic_rates")
        blocks += [
            Heading(say("basis.numbers"), 2, anchor="numbers"),
            numbers(basis["figures"], basis["sources"], lambda owner: names.get(owner, owner), say),
        ]
    if basis["sources"]:
        blocks += [Heading(say("basis.sources"), 2), source_table(basis["sources"], say)]
    made = reproduction(basis["tool"], basis["scenario"], basis["digests"], say)
    return [*blocks, Heading(say("basis.reproduce"), 2), *made]


def _asked(found: ConversationRecord, say: Wording) -> list[Block]:
    """The streams as the scenario has them."""
    chosen = next((item for item in found["options"] if item["streams"]), None)
    if chosen is None:
        return []
    columns = (
        Column(say("head.stream"), share=1),
        Column(say("head.network"), share=1.3),
        Column(say("head.sources"), "right"),
        Column(say("conversation.asks"), share=2),
    )
    rows = [_talk(talk, found, say) for talk in chosen["streams"]]
    rows += [_frames(frames, say) for frames in chosen["frames"]]
    return [Heading(say("conversation.asked_title"), follows=True), Table(columns, tuple(rows), small=True)]


def _talk(talk: TalkRecord, found: ConversationRecord, say: Wording) -> tuple[Cell, ...]:
    return (
        Cell(talk["stream"]),
        Cell(shortened(found["model"].removeprefix("zoo:"), 60)),
        valued(talk["users"], whole(talk["users"])),
        Cell(
            say(
                "conversation.asks_of",
                arrivals=say(f"conversation.begins_{talk['arrivals']}"),
                prompt=whole(round(talk["prompt_tokens"])),
                output=whole(round(talk["output_tokens"])),
                turns=f"{talk['turns_mean']:.3g}",
                think=quantity(talk["think_s"], "s"),
                context=whole(talk["context_tokens"]),
            )
        ),
    )


def _frames(frames: FramesRecord, say: Wording) -> tuple[Cell, ...]:
    text = say(
        "conversation.asks_frames",
        rate=stated(frames["rate_per_s"], "per_s"),
        precision=frames["precision"].upper(),
        engine=frames["engine"],
    )
    return (
        Cell(frames["stream"]),
        Cell(shortened(frames["model"].removeprefix("zoo:"), 60)),
        valued(frames["sources"], whole(frames["sources"])),
        Cell(text),
    )

"""What the study rests on: assumptions, every number with its source, warnings, fingerprints."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from planner.report.blocks import Block, Bullets, Cell, Column, Heading, Landscape, Paragraph, Table
from planner.report.names import number_name, part_name
from planner.report.numbers import as_read, shortened
from planner.report.sections.comparison import full_table
from planner.report.sections.network import rooflines
from planner.schema.record import SourceRecord, StudyRecord
from planner.schema.record.question import (
    AssumptionRecord,
    DigestRecord,
    ScenarioRecord,
    ToolRecord,
    ValueRecord,
)
from planner.wording.message import Wording

_WEB = ("https://", "http://")


def assumptions(study: StudyRecord, say: Wording) -> list[Block]:
    """The table of assumptions."""
    return assumption_table(study["assumptions"], say)


def assumption_table(found: Sequence[AssumptionRecord], say: Wording) -> list[Block]:
    """Assumptions, those merely assumed first."""
    if not found:
        return []
    order = {"assumed": 0, "derived": 1, "stated": 2}
    ranked = sorted(found, key=lambda item: order.get(item["status"], 3))
    rows = tuple(
        (
            Cell(a["topic"], "strong"),
            Cell(a["text"]),
            Cell(shortened(say.term("status", a["status"]), 16), "note"),
        )
        for a in ranked
    )
    columns = (
        Column(say("head.topic"), share=1),
        Column(say("head.granted"), share=4),
        Column(say("head.status")),
    )
    return [
        Heading(say("basis.assumptions"), follows=True, anchor="assumptions"),
        Table(columns, rows, say("basis.assumed")),
    ]


def appendix(study: StudyRecord, say: Wording) -> list[Block]:
    """Warnings, all numbers with their sources, the sources, what reproduces the study, and all options."""
    blocks: list[Block] = [Heading(say("basis.appendix"), follows=True)]
    if study["warnings"]:
        blocks += [Heading(say("basis.warnings"), 2), Bullets(tuple(study["warnings"]))]
    if study["figures"]:
        blocks += [
            Heading(say("basis.numbers"), 2, anchor="numbers"),
            numbers(study["figures"], study["sources"], lambda owner: part_name(study, owner), say),
        ]
    if study["sources"]:
        blocks += [Heading(say("basis.sources"), 2), source_table(study["sources"], say)]
    blocks += rooflines(study, say)
    made = reproduction(study["tool"], study["scenario"], study["digests"], say)
    blocks += [Heading(say("basis.reproduce"), 2), *made]
    if study["options"]:
        blocks.append(Landscape((Heading(say("basis.all_options"), 2), full_table(study["options"], say))))
    return blocks


def numbers(
    figures: Sequence[ValueRecord],
    sources: Sequence[SourceRecord],
    name_of: Callable[[str], str],
    say: Wording,
) -> Table:
    """One row per number below a row per device; the path of a number is `device/place`."""
    places = {source["id"]: index for index, source in enumerate(sources, start=1)}
    columns = (
        Column(say("head.number"), share=2),
        Column(say("head.value"), "right", share=0.8),
        Column(say("head.status")),
        Column(say("head.source"), "right"),
        Column(say("head.note"), share=2),
    )
    rows: list[tuple[Cell, ...]] = []
    device = ""
    for value in figures:
        owner, _, path = value["path"].rpartition("/")
        if owner and owner != device:
            device = owner
            name = name_of(owner)
            named = owner if name == owner else f"{name} ({owner})"
            rows.append((Cell(named, "strong", span=len(columns)),))
        rows.append(
            (
                Cell(number_name(path, say)),
                Cell(as_read(value["value"])),
                Cell(shortened(say.term("status", value["status"]), 16), "note"),
                _reference(value["source"], places, say),
                Cell(value["note"] or "", "note"),
            )
        )
    return Table(columns, tuple(rows), say("basis.statuses"), small=True)


def _reference(source: str | None, places: Mapping[str, int], say: Wording) -> Cell:
    if source is not None and source in places:
        return Cell(f"[{places[source]}]", target=f"source-{places[source]}")
    return Cell(shortened(source, 24) if source else say("basis.none"), "note")


def source_table(sources: Sequence[SourceRecord], say: Wording) -> Table:
    """The documents that numbers come from."""
    rows = tuple(
        (
            Cell(f"[{index}]", anchor=f"source-{index}"),
            Cell(source["id"]),
            Cell(source["title"]),
            _address(source["url"], say),
            Cell(source["revision"] or ""),
            Cell(shortened(source["date"] or "", 12)),
        )
        for index, source in enumerate(sources, start=1)
    )
    columns = (
        Column("", "right"),
        Column(say("head.id"), share=1.1),
        Column(say("head.title"), share=2),
        Column(say("head.address"), share=1.8),
        Column(say("head.revision"), share=0.6),
        Column(say("head.date")),
    )
    return Table(columns, rows, small=True)


def _address(url: str | None, say: Wording) -> Cell:
    if url is None:
        return Cell(say("basis.none"), "note")
    return Cell(url, url=url if url.startswith(_WEB) else None)


def reproduction(
    tool: ToolRecord, scenario: ScenarioRecord, digests: Sequence[DigestRecord], say: Wording
) -> list[Block]:
    """What made the study of which inputs."""
    packages = tuple(f"{name} {version}" for name, version in sorted(tool["packages"].items()))
    made_by = say(
        "basis.made_by",
        tool=f"{tool['name']} {tool['version']}",
        file=scenario["file"],
        scenario=scenario["id"],
        date=scenario["date"],
        packages=say("basis.packages", items=packages) if packages else "",
    )
    blocks: list[Block] = [Paragraph(made_by)]
    if digests:
        rows = tuple(
            (Cell(digest["what"]), Cell(shortened(digest["sha256"], 64), "mono")) for digest in digests
        )
        columns = (Column(say("head.input"), share=1), Column("SHA-256"))
        blocks.append(Table(columns, rows, say("basis.fingerprints"), small=True))
    return blocks

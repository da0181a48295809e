"""What the study rests on: assumptions, every number with its source, warnings, fingerprints."""

from __future__ import annotations

from collections.abc import Mapping

from planner.report.blocks import Block, Bullets, Cell, Column, Heading, Landscape, Paragraph, Table
from planner.report.numbers import shortened
from planner.report.record import Source, Study, Value
from planner.report.sections.comparison import full_table

_WEB = ("https://", "http://")


def assumptions(study: Study) -> list[Block]:
    """The table of assumptions, those merely assumed first."""
    if not study["assumptions"]:
        return []
    order = {"assumed": 0, "derived": 1, "stated": 2}
    ranked = sorted(study["assumptions"], key=lambda item: order.get(item["status"], 3))
    rows = tuple(
        (Cell(a["topic"], "strong"), Cell(a["text"]), Cell(shortened(a["status"], 16), "note"))
        for a in ranked
    )
    columns = (Column("Topic", share=1), Column("What is taken for granted", share=4), Column("Status"))
    caption = "Assumed: nobody vouches for it. Derived: from figures with a source. Stated: by the scenario."
    return [Heading("Assumptions", follows=True), Table(columns, rows, caption)]


def appendix(study: Study) -> list[Block]:
    """Warnings, all numbers with their sources, the sources, what reproduces the study, and all options."""
    blocks: list[Block] = [Heading("Appendix")]
    if study["warnings"]:
        blocks += [Heading("Warnings", 2), Bullets(tuple(study["warnings"]))]
    if study["figures"]:
        blocks += [Heading("Numbers and their sources", 2), _numbers(study["figures"], study["sources"])]
    if study["sources"]:
        blocks += [Heading("Sources", 2), _sources(study["sources"])]
    blocks += [Heading("To reproduce this study", 2), *_reproduction(study)]
    if study["options"]:
        blocks.append(Landscape((Heading("All options", 2), full_table(study["options"]))))
    return blocks


def _numbers(values: list[Value], sources: list[Source]) -> Table:
    """One row per number below a row per device; the path of a number is `device/place`."""
    places = {source["id"]: place for place, source in enumerate(sources, start=1)}
    columns = (
        Column("Number", share=2),
        Column("Value", "right", share=0.8),
        Column("Status"),
        Column("Source", "right"),
        Column("Note", share=2),
    )
    rows: list[tuple[Cell, ...]] = []
    device = ""
    for value in values:
        owner, _, path = value["path"].rpartition("/")
        if owner and owner != device:
            device = owner
            rows.append((Cell(owner, "strong", span=len(columns)),))
        rows.append(
            (
                Cell(path),
                Cell(value["value"]),
                Cell(shortened(value["status"], 16), "note"),
                _reference(value["source"], places),
                Cell(value["note"] or "", "note"),
            )
        )
    caption = (
        "Vendor: as published. Measured: by a named measurement. Derived: calculated from others. "
        "Assumed: a guess. Numbers in brackets lead to the sources."
    )
    return Table(columns, tuple(rows), caption, small=True)


def _reference(source: str | None, places: Mapping[str, int]) -> Cell:
    if source is not None and source in places:
        return Cell(f"[{places[source]}]", target=f"source-{places[source]}")
    return Cell(shortened(source, 24) if source else "none", "note")


def _sources(sources: list[Source]) -> Table:
    rows = tuple(
        (
            Cell(f"[{place}]", anchor=f"source-{place}"),
            Cell(source["id"]),
            Cell(source["title"]),
            _address(source["url"]),
            Cell(source["revision"] or ""),
            Cell(shortened(source["date"] or "", 12)),
        )
        for place, source in enumerate(sources, start=1)
    )
    columns = (
        Column("", "right"),
        Column("Id", share=1.1),
        Column("Title", share=2),
        Column("Address", share=1.8),
        Column("Revision", share=0.6),
        Column("Date"),
    )
    return Table(columns, rows, small=True)


def _address(url: str | None) -> Cell:
    if url is None:
        return Cell("none", "note")
    return Cell(url, url=url if url.startswith(_WEB) else None)


def _reproduction(study: Study) -> list[Block]:
    tool, scenario = study["tool"], study["scenario"]
    packages = ", ".join(f"{name} {version}" for name, version in sorted(tool["packages"].items()))
    blocks: list[Block] = [
        Paragraph(
            f"Made by {tool['name']} {tool['version']} from {scenario['file']}, scenario {scenario['id']}, "
            f"dated {scenario['date']}" + (f", with {packages}." if packages else ".")
        )
    ]
    if study["digests"]:
        rows = tuple(
            (Cell(digest["what"]), Cell(shortened(digest["sha256"], 64), "mono"))
            for digest in study["digests"]
        )
        columns = (Column("Input", share=1), Column("SHA-256"))
        blocks.append(
            Table(
                columns,
                rows,
                "Fingerprints of the inputs: the same inputs give this same document.",
                small=True,
            )
        )
    return blocks

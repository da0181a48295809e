"""Known mistakes that the plan makes, and how well such networks are predicted on such parts."""

from __future__ import annotations

from collections.abc import Sequence

from planner.report.blocks import Block, Cell, Column, Figure, Heading, Paragraph, Style, Table, valued
from planner.report.figures.measured import measured
from planner.report.numbers import percent, quantity, shortened, significant
from planner.schema.record import PitfallRecord, StudyRecord, ValidationRecord
from planner.wording.message import Wording

_SEVERITIES: dict[str, Style] = {"error": "bad", "warning": "open", "note": "note"}

_MEDIAN = 3
"""The column of the median factor."""


def pitfalls(study: StudyRecord, say: Wording) -> list[Block]:
    """A row for each mistake found, those that somebody accepted last; nothing where none was looked for."""
    found = study.get("pitfalls")
    if found is None:
        return []
    heading = Heading(say("pitfalls.title"), follows=True)
    if not found:
        return [heading, Paragraph(say("pitfalls.none"))]
    columns = (
        Column(say("head.severity")),
        Column(say("head.mistake"), share=1),
        Column(say("head.evidence"), share=1.6),
        Column(say("head.advice"), share=1.6),
        Column(say("head.source"), share=1.3),
    )
    rows = tuple(_pitfall(item, say) for item in found)
    return [heading, Table(columns, rows, say("pitfalls.caption"), small=True)]


def _pitfall(item: PitfallRecord, say: Wording) -> tuple[Cell, ...]:
    advice = item["advice"].replace("`", "")  # names of keys; the database marks them for a terminal
    if item["accepted"] is not None:
        advice = say("pitfalls.accepted", reason=item["accepted"])
    style: Style = "note" if item["accepted"] is not None else _SEVERITIES.get(item["severity"], "plain")
    return (
        Cell(shortened(say.term("severity", item["severity"]), 16), style),
        Cell(item["title"]),
        Cell(item["evidence"]),
        Cell(advice),
        Cell(item["source"], "note"),
    )


def validation(study: StudyRecord, say: Wording) -> list[Block]:
    """What each network's latency rests on and how far left-out measurements lay from such predictions."""
    found = study.get("validation", [])
    if not found:
        return []
    columns = [
        Column(say("head.network"), share=1),
        Column(say("head.rests_on"), share=1),
        Column(say("head.rows"), "right"),
        Column(say("head.median"), "right"),
        Column(say("head.range"), "right", share=1),
        Column(say("head.part_seen")),
        Column(say("head.network_seen")),
    ]
    rows = [_row(item, say) for item in found]
    if all(item["median"] is None for item in found):  # a fitted band has none
        del columns[_MEDIAN]
        rows = [row[:_MEDIAN] + row[_MEDIAN + 1 :] for row in rows]
    table = Table(tuple(columns), tuple(rows), say("validation.caption"), small=True)
    texts = dict.fromkeys(_text(item, say) for item in found)
    return [
        Heading(say("validation.title"), follows=True, anchor="validation"),
        *_measured(study, say),
        table,
        *(Paragraph(text) for text in (*texts, *_later(found, say))),
    ]


def _later(found: Sequence[ValidationRecord], say: Wording) -> list[str]:
    """How such predictions did on rows that came after the fits: once for the part that was chosen."""
    kept = next((item for one in found if (item := one.get("later")) is not None), None)
    if kept is None:
        return []
    return [
        say(
            "validation.later",
            rows=f"{kept['rows']:,}",
            group=kept["group"],
            date=kept["came"][:10],
            median=significant(kept["median"], 3),
            p90=significant(kept["p90"], 3),
            held=percent(kept["held"]),
        )
    ]


def _measured(study: StudyRecord, say: Wording) -> list[Block]:
    """Predicted against measured, a drawing for each fitted model that the chosen part rests on."""
    published = study.get("published", [])
    blocks: list[Block] = []
    for found in published:
        drawing = measured(found, say)
        if drawing is None:
            continue
        own = say.counted("measured.own_points", found["own"]) if found["own"] else say("measured.no_own")
        caption = say(
            "measured.caption",
            title=found["title"],
            points=f"{len(found['points']):,}",
            own=own,
            level=percent(found["level"]),
            items=tuple(f"{item['model']} {quantity(item['predicted_s'], 's')}" for item in found["planned"]),
        )
        blocks.append(Figure(drawing, caption, say("measured.alt", title=found["title"])))
    return blocks or [Paragraph(say("measured.none"), "note")]


def _row(item: ValidationRecord, say: Wording) -> tuple[Cell, ...]:
    return (
        Cell(item["model"]),
        Cell(say.term("provenance", item["basis"])),
        Cell("–" if item["rows"] is None else f"{item['rows']:,}", number=item["rows"]),
        _factor(item["median"]),
        valued(item["high"] if item["high"] is not None else item["p90"], _range(item)),
        Cell(_seen(item["device_seen"], say)),
        Cell(_seen(item["network_seen"], say)),
    )


def _factor(value: float | None) -> Cell:
    return Cell("–") if value is None else Cell(f"× {significant(value, 3)}", number=value)


def _range(item: ValidationRecord) -> str:
    if item["low"] is not None and item["high"] is not None:
        return f"× {significant(item['low'], 2)}–{significant(item['high'], 2)}"
    return "–" if item["p90"] is None else f"≤ × {significant(item['p90'], 3)}"


def _seen(value: bool | None, say: Wording) -> str:  # noqa: FBT001
    return "–" if value is None else say("validation.seen") if value else say("validation.not_seen")


def _text(item: ValidationRecord, say: Wording) -> str:
    if item["basis"] == "transferred" and item["level"] is not None:
        return say(
            "validation.transferred",
            title=item["title"],
            level=percent(item["level"]),
            rows="–" if item["rows"] is None else f"{item['rows']:,}",
            items=tuple(item.get("device_names") or item["devices"]),
            note=item["note"] or "",
        )
    if item["basis"] == "datasheet":
        return say("validation.datasheet", engine=say.term("engine", item["engine"]), note=item["note"] or "")
    return say("validation.measured", engine=say.term("engine", item["engine"]))

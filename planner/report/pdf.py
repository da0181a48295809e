"""The record as a PDF. The only file that knows the typesetter."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from datetime import UTC, date, datetime
from importlib.resources import files
from pathlib import Path
from typing import Literal

import typst

from planner.files import write_bytes
from planner.report.blocks import Block, as_data
from planner.report.figures.style import font_folder
from planner.report.numbers import shortened
from planner.report.record import Study, read_study
from planner.report.sections.basis import appendix, assumptions
from planner.report.sections.comparison import comparison
from planner.report.sections.cover import cover
from planner.report.sections.latency import latency
from planner.report.sections.network import networks
from planner.report.sections.rack import rack

Paper = Literal["a4", "us-letter"]


def write_pdf(record: Mapping[str, object], path: Path, *, paper: Paper = "a4") -> None:
    """Write the study as a PDF; the same record gives the same bytes.

    The file appears whole or not at all, and one that was there stays until then. Raises `InputError` for a
    record of another shape and `OutputError` where the file cannot be written.
    """
    write_bytes(path, render_pdf(record, paper=paper))


def render_pdf(record: Mapping[str, object], *, paper: Paper = "a4") -> bytes:
    """The bytes of the PDF. Raises `InputError` for a record of another shape."""
    study = read_study(record)
    data, drawings = as_data(_blocks(study))
    day = _day(study["scenario"]["date"])
    page = {
        "paper": paper,
        "title": study["scenario"]["title"],
        "running_title": shortened(study["scenario"]["title"], 70),
        "author": f"{study['tool']['name']} {study['tool']['version']}",
        "date": study["scenario"]["date"],
        "day": None if day is None else [day.year, day.month, day.day],
        "blocks": data,
    }
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC) if day else datetime(1970, 1, 1, tzinfo=UTC)
    with tempfile.TemporaryDirectory(prefix="planner-report-") as name:
        folder = Path(name)
        (folder / "study.json").write_text(json.dumps(page), encoding="utf-8")
        for file_name, svg in drawings.items():
            (folder / file_name).write_bytes(svg)
        for template in files("planner.report").joinpath("templates").iterdir():
            (folder / template.name).write_bytes(template.read_bytes())
        return typst.compile(
            folder / "study.typ",
            root=folder,
            font_paths=[font_folder()],
            ignore_system_fonts=True,
            format="pdf",
            timestamp=noon,
        )


def _blocks(study: Study) -> list[Block]:
    parts = (cover, comparison, networks, latency, rack, assumptions, appendix)
    return [block for part in parts for block in part(study)]


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None

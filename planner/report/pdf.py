"""The record as a PDF. The only file that knows the typesetter."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from importlib.resources import files
from pathlib import Path
from typing import Literal

import typst

from planner.files import write_bytes
from planner.process.temporary import temporary_folder
from planner.report.blocks import Block, Paragraph, as_data
from planner.report.changes import change_blocks, changes
from planner.report.chapters import chapters
from planner.report.fonts import CHINESE_LETTERS, carried_fonts, chinese_face, face_beside
from planner.report.numbers import shortened
from planner.schema.record import StudyRecord, read_study
from planner.visible import visible
from planner.wording.message import Wording

Paper = Literal["a4", "letter"]
_PAPERS: dict[Paper, str] = {"a4": "a4", "letter": "us-letter"}

_GALLERY_PPI = 80
_NO_FONT = "could not be displayed"
"""What the typesetter says of a letter that none of the fonts has, which PDF/UA forbids."""
_WORDS = ("table", "figure")
_STANDARD: Literal["ua-1"] = "ua-1"
"""PDF/UA-1: tags, reading order, language, alternative text."""


def write_pdf(record: Mapping[str, object], path: Path, *, paper: Paper = "a4", processes: int = 1) -> None:
    """Write the study as a PDF; the same record gives the same bytes, for any number of processes.

    The file appears whole or not at all, and one that was there stays until then. Raises `InputError` for a
    record of another shape, `OutputError` where the file cannot be written, and `MissingDataError` for a
    Chinese record where no font has the letters.
    """
    write_bytes(path, render_pdf(record, paper=paper, processes=processes))


def render_pdf(record: Mapping[str, object], *, paper: Paper = "a4", processes: int = 1) -> bytes:
    """The bytes of the PDF, in the language of the record. Raises as `write_pdf` does."""
    study = read_study(record)
    say = Wording(study.get("language", "en"))
    return typeset(front_of(study), chapters(study, say, processes), say, paper)


def render_first_page(record: Mapping[str, object]) -> bytes:
    """The first page of the study as a PNG, for a gallery. Raises as `write_pdf` does."""
    study = read_study(record)
    say = Wording(study.get("language", "en"))
    return typeset(front_of(study), chapters(study, say), say, "a4", _first_page)


def render_changes(before: StudyRecord, after: StudyRecord, say: Wording, *, paper: Paper = "a4") -> bytes:
    """What changed between two studies, as a PDF."""
    blocks = change_blocks(before, after, changes(before, after, say), say)
    return typeset(front_of(after), blocks, say, paper)


@dataclass(frozen=True, slots=True)
class Front:
    """What a document is called, of which day, and by which tool."""

    title: str
    date: str
    author: str


def front_of(study: StudyRecord) -> Front:
    """The front of a study."""
    author = f"{study['tool']['name']} {study['tool']['version']}"
    return Front(study["scenario"]["title"], study["scenario"]["date"], author)


def typeset(
    front: Front,
    blocks: list[Block],
    say: Wording,
    paper: Paper,
    compiled: Callable[[Path, datetime], bytes] | None = None,
) -> bytes:
    """Blocks as a PDF, or what `compiled` makes of them; the same blocks give the same bytes."""
    title = visible(front.title, one_line=True)
    data, drawings = as_data(blocks, say)
    letters = title + json.dumps(data, ensure_ascii=False) + b"".join(drawings.values()).decode()
    face = chinese_face() if say.language == "zh" else face_beside(letters)
    if face is None and CHINESE_LETTERS.search(letters):
        note, _ = as_data([Paragraph(say("cover.no_face"), "note")], say)
        data = [*data[:1], *note, *data[1:]]
    day = _day(front.date)
    page = {
        "paper": _PAPERS[paper],
        "language": say.language,
        "region": say("text.region"),
        "words": {name: say(f"text.{name}") for name in _WORDS} | {"on_page": say("text.on_page", page="#")},
        "chinese": None if face is None else face.family,
        "title": title,
        "running_title": shortened(title, 70),
        "author": front.author,
        "date": front.date,
        "day": None if day is None else [day.year, day.month, day.day],
        "blocks": data,
    }
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC) if day else datetime(1970, 1, 1, tzinfo=UTC)
    with temporary_folder("report") as folder:
        (folder / "study.json").write_text(json.dumps(page), encoding="utf-8")
        for file_name, svg in drawings.items():
            (folder / file_name).write_bytes(svg)
        for template in files("planner.report").joinpath("templates").iterdir():
            (folder / template.name).write_bytes(template.read_bytes())
        for font in (*carried_fonts(), *(face.files if face else ())):  # no others may replace a letter
            shutil.copyfile(font, folder / font.name)
        return (compiled or _compiled)(folder, noon)


def _compiled(folder: Path, timestamp: datetime) -> bytes:
    """The accessible PDF; one without that promise where a letter that somebody wrote has no font.

    Raises `RuntimeError` where the typesetter gives up, as for want of threads: what it raises is none of
    Python's errors, and would end the process with its own words.
    """
    try:
        return _compile(folder, timestamp, (_STANDARD,))
    except typst.TypstError as error:
        if _NO_FONT not in str(error):
            raise
        return _compile(folder, timestamp, ())
    except BaseException as error:
        if isinstance(error, (Exception, KeyboardInterrupt, SystemExit)):
            raise
        raise RuntimeError(f"the typesetter gave up: {error}") from error


def _first_page(folder: Path, timestamp: datetime) -> bytes:
    found = typst.compile(
        folder / "study.typ",
        root=folder,
        font_paths=[folder],
        ignore_system_fonts=True,
        format="png",
        ppi=_GALLERY_PPI,
        timestamp=timestamp,
    )
    return found[0] if isinstance(found, list) else found


def _compile(folder: Path, timestamp: datetime, standards: tuple[Literal["ua-1"], ...]) -> bytes:
    return typst.compile(
        folder / "study.typ",
        root=folder,
        font_paths=[folder],
        ignore_system_fonts=True,
        format="pdf",
        timestamp=timestamp,
        pdf_standards=list(standards),
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None

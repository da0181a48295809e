"""The record as one page: the chapters of the PDF, interactive drawings, and the record itself."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from html import escape
from importlib.resources import files
from pathlib import Path

from planner.distribution import install_command
from planner.errors import MissingDataError
from planner.files import write_bytes
from planner.report.blocks import Block, Heading
from planner.report.chapters import chapters
from planner.report.markup import html_of
from planner.report.page.view import view
from planner.schema.record import StudyRecord, canonical_json, read_study
from planner.visible import visible, visible_texts
from planner.wording.message import Wording

_STATIC = "static"


def write_page(record: Mapping[str, object], path: Path) -> None:
    """Write the study as one HTML file that needs nothing else; the same record gives the same bytes.

    Raises `InputError` for a record of another shape, `OutputError` where the file cannot be written and
    `MissingDataError` where plotly is not installed.
    """
    write_bytes(path, render_page(record).encode())


def render_page(record: Mapping[str, object]) -> str:
    """The page, in the language of the record. Raises as `write_page` does."""
    study = read_study(record)
    say = Wording(study.get("language", "en"))
    sections = [(visible(title), content) for title, content in _sections(study, say)]
    template = _static("page.html")
    plotly, script = _plotly(), _static("page.js")
    parts = {
        "scripts": f"{hashed(plotly)} {hashed(script)}",
        "language": say("text.html_language"),
        "title": escape(visible(study["scenario"]["title"])),
        "kicker": escape(say("cover.kicker")),
        "skip": escape(say("page.skip")),
        "theme": escape(say("page.dark")),
        "contents": escape(say("page.contents")),
        "no_script": escape(say("page.no_script")),
        "links": "".join(
            f'<li><a href="#part-{n}">{escape(title)}</a></li>' for n, (title, _) in enumerate(sections)
        ),
        "sections": "\n".join(
            f'<section id="part-{n}" aria-label="{escape(title)}">\n{content}\n</section>'
            for n, (title, content) in enumerate(sections)
        ),
        "style": _static("page.css"),
        "record": as_script(_compact(json.loads(canonical_json(record)))),
        "view": as_script(_compact(visible_texts(view(study, say)))),
        "plotly": plotly,
        "script": script,
    }
    for name, text in parts.items():  # the record and the library last: what they hold is never filled
        template = template.replace(f"<!--{name}-->", text)
    return template


def _sections(study: StudyRecord, say: Wording) -> list[tuple[str, str]]:
    """Title and content of each chapter; the interactive grid follows the first."""
    parts: list[tuple[str, list[Block]]] = []
    for block in chapters(study, say):
        if isinstance(block, Heading) and block.level == 1:
            parts.append((say.of(block.text), [block]))
        elif parts:
            parts[-1][1].append(block)
        else:
            parts.append((say("page.answer"), [Heading(say("page.answer")), block]))
    shown = [(title, "\n".join(html_of(block, say, deeper=1) for block in part)) for title, part in parts]
    if study.get("what_if") is not None:
        shown.insert(1, (say("page.turn"), _interactive(say)))
    return shown


def _interactive(say: Wording) -> str:
    return (
        f"<h2>{escape(say('page.turn'))}</h2><p>{escape(say('page.turn_text'))}</p>"
        '<div id="what-if"><div class="controls"></div><div class="result" role="status"></div>'
        f'<div class="plot" role="img" aria-label="{escape(say("page.turn_alt"))}"></div></div>'
    )


def _compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def as_script(text: str) -> str:
    """JSON that no text in it can end or comment out."""
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def hashed(script: str) -> str:
    """A script as the page's policy allows it: this text and no other (W3C, Content Security Policy 3).

    Styles are allowed wherever they are: plotly sets them on what it draws, and a style runs nothing.
    """
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"


def _static(name: str) -> str:
    return files("planner.report.page").joinpath(_STATIC, name).read_text(encoding="utf-8")


def require_plotly() -> None:
    """Refuse to begin where the page could not be drawn in the end: `MissingDataError` without plotly."""
    try:
        import plotly  # noqa: F401
    except ImportError:
        raise MissingDataError(
            "--html: expected plotly, which draws the page, found none; install it with "
            f"`{install_command('page')}`"
        ) from None


def _plotly() -> str:
    require_plotly()
    from plotly.offline import get_plotlyjs

    return str(get_plotlyjs()).replace("</script", "<\\/script")

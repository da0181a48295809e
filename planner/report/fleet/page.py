"""A fleet's record as one HTML file that needs nothing else: its chapters, and a table of its sites."""

from __future__ import annotations

import json
from html import escape
from importlib.resources import files

from planner.report.fleet.blocks import fleet_blocks
from planner.report.markup import html_of
from planner.report.page.page import as_script, hashed
from planner.schema.record.fleet.record import FleetRecord
from planner.visible import visible, visible_texts
from planner.wording.catalog import Language
from planner.wording.message import Wording

_COLUMNS = (
    "site",
    "group",
    "verdict",
    "device",
    "count",
    "spares",
    "sources",
    "headroom",
    "temperature_c",
    "power_w",
    "capital",
    "present_value",
    "opens",
    "best_device",
    "best_count",
    "extra_value",
    "reason",
)


def fleet_page(record: FleetRecord, language: Language = "en") -> bytes:
    """The page; the same record gives the same bytes."""
    say = Wording(language)
    script = _static("fleet.js")
    rows = {
        "columns": list(_COLUMNS),
        "rows": [[row[name] for name in _COLUMNS] for row in record["rows"]],
        "counted": say("fleet.page_rows", shown="#1", all="#2"),
    }
    text = json.dumps(visible_texts(rows), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    parts = {
        "scripts": hashed(script),
        "language": say("text.html_language"),
        "title": escape(visible(record["title"])),
        "style": files("planner.report.page").joinpath("static", "page.css").read_text(encoding="utf-8"),
        "content": "\n".join(html_of(block, say) for block in fleet_blocks(record, say)),
        "sites": escape(say("fleet.sites")),
        "filter": escape(say("fleet.page_filter")),
        "script": script,
        "rows": as_script(text),
    }
    page = _static("fleet.html")
    for name, content in parts.items():  # the rows last: what they hold is never filled
        page = page.replace(f"<!--{name}-->", content)
    return page.encode()


def _static(name: str) -> str:
    return files("planner.report.fleet").joinpath("static", name).read_text(encoding="utf-8")

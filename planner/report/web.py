"""Blocks as Markdown and as one HTML page that needs nothing else."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape

from planner.report.blocks import Block, Bullets, Figure, Heading, Paragraph, Table
from planner.report.markup import html_of
from planner.visible import visible
from planner.wording.message import Wording

_RULE = {"left": ":---", "right": "---:", "center": ":---:"}
_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:76rem;margin:2rem auto;padding:0 1rem;color:#222}"
    "table{border-collapse:collapse;margin:1rem 0;font-size:13px}"
    "th,td{padding:.25rem .6rem;border-bottom:1px solid #ddd;text-align:left;vertical-align:top}"
    ".right{text-align:right;white-space:nowrap}.center{text-align:center}figure{margin:1rem 0}"
    "svg{max-width:100%;height:auto}figcaption,caption,.note{color:#555;font-size:13px;text-align:left}"
)


_POLICY = (
    '<meta http-equiv="Content-Security-Policy" '
    "content=\"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">"
)
"""Nothing runs and nothing is loaded."""
_SIGNS = re.compile(r"[\\`*_<\[\]&~$@|]")
"""What begins markup anywhere (CommonMark 0.31, GitHub's extensions)."""
_LEADS = re.compile(r"^(\d*)([#+=>.)-])")
"""What begins it at the beginning of a line."""
_ADDRESS = re.compile(r"(https?|ftp|www|mailto|xmpp)([:.])", re.IGNORECASE)
"""What GitHub makes a link of though nothing says so."""


def markdown(blocks: Sequence[Block], drawing: str) -> str:
    """GitHub-flavoured Markdown; figures are links to the file named `drawing` beside the page."""
    return "\n\n".join(_markdown(block, drawing) for block in blocks) + "\n"


def html(blocks: Sequence[Block], title: str) -> str:
    """A page of HTML with its style and drawings inside."""
    say = Wording("en")
    body = "\n".join(html_of(block, say) for block in blocks)
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8">{_POLICY}'
        f"<title>{escape(title)}</title>"
        f"<style>{_STYLE}</style></head><body>\n{body}\n</body></html>\n"
    )


def _markdown(block: Block, drawing: str) -> str:
    match block:
        case Heading():
            return f"{'#' * block.level} {_plain(block.text)}"
        case Paragraph():
            return _plain(block.text)
        case Bullets():
            return "\n".join(f"- {_plain(item)}" for item in block.items)
        case Figure():
            return f"![{_plain(block.alt)}]({drawing})\n\n{_plain(block.caption)}"
        case Table():
            lines = [
                _line([column.head for column in block.columns]),
                _line([_RULE[column.align] for column in block.columns], raw=True),
                *(_line([cell.text for cell in row]) for row in block.rows),
            ]
            return "\n".join([*([_plain(block.caption), ""] if block.caption else []), *lines])
        case _:
            raise TypeError(f"expected a block that a page can hold, got {block.kind}")


def _line(texts: Sequence[str], *, raw: bool = False) -> str:
    return f"| {' | '.join(text if raw else _plain(text, in_line=True) for text in texts)} |"


def _plain(text: str, *, in_line: bool = False) -> str:
    """Text that Markdown leaves as it is: no emphasis, link, picture, formula, list or heading of its own."""
    line = _ADDRESS.sub(r"\1\\\2", _SIGNS.sub(r"\\\g<0>", " ".join(visible(text).split())))
    return line if in_line else _LEADS.sub(r"\1\\\2", line)

"""Blocks as HTML. Every string of a study is escaped here, and nowhere else becomes markup."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from planner.report.blocks import (
    Block,
    Bullets,
    Cell,
    Column,
    Cover,
    Fact,
    Figure,
    Heading,
    Landscape,
    Paragraph,
    Pointers,
    Signature,
    Table,
)
from planner.report.numbers import one_degree_sign
from planner.wording.message import Wording

_SHORT, _LONG = 12, 90
"""Letters below which a cell needs no width of its own, and above which it needs a wide one."""
_WEB = ("https://", "http://")


def html_of(block: Block, say: Wording, *, deeper: int = 0) -> str:
    """One block; `deeper` is added to the levels of headings where the page has headings above."""
    match block:
        case Heading():
            level = block.level + deeper
            name = f' id="{escape(block.anchor)}"' if block.anchor else ""
            return f"<h{level}{name}>{_said(block.text, say)}</h{level}>"
        case Paragraph():
            note = ' class="note"' if block.style == "note" else ""
            return f"<p{note}>{_said(block.text, say)}</p>"
        case Bullets():
            kind = "ol" if block.numbered else "ul"
            items = "".join(f"<li>{_said(item, say)}</li>" for item in block.items)
            return f"<{kind}>{items}</{kind}>"
        case Figure():
            return _figure(block, say)
        case Table():
            return _table(block, say)
        case Landscape():
            return "".join(html_of(inner, say, deeper=deeper) for inner in block.blocks)
        case Cover():
            return _cover(block, say)
        case Signature():
            return _signature(block, say)
        case Pointers():
            links = " · ".join(
                f'<a href="#{escape(anchor)}">{_said(text, say)}</a>' for text, anchor in block.places
            )
            return f'<p class="note">{_said(block.text, say)} {links}</p>'


def _said(text: str, say: Wording) -> str:
    return escape(one_degree_sign(say.of(text)))


def _cover(block: Cover, say: Wording) -> str:
    facts = "".join(_fact(fact, say) for fact in block.facts)
    paragraph = f"<p>{_said(block.paragraph, say)}</p>" if block.paragraph else ""
    return (
        f'<p class="question">{_said(block.question, say)}</p>'
        f'<div class="verdict {escape(block.verdict.lower())}"><p class="headline">'
        f'<strong class="badge">{_said(block.verdict_text, say)}</strong> '
        f"{_said(block.headline, say)}</p>{paragraph}</div>"
        + (f'<dl class="facts">{facts}</dl>' if facts else "")
    )


def _signature(block: Signature, say: Wording) -> str:
    fields = "".join(
        f"<div><strong>{_said(role, say)}</strong><small>{_said(block.fields, say)}</small></div>"
        for role in block.roles
    )
    return f'<div class="signature">{fields}</div><p class="note">{_said(block.revision, say)}</p>'


def _fact(fact: Fact, say: Wording) -> str:
    return (
        f"<div><dt>{_said(fact.label, say)}</dt><dd>{_said(fact.value, say)}"
        f"<small>{_said(fact.detail, say)}</small></dd></div>"
    )


def _figure(block: Figure, say: Wording) -> str:
    """The placeholder of an interactive drawing, or else the drawing."""
    alt, caption = _said(block.alt, say), f"<figcaption>{_said(block.caption, say)}</figcaption>"
    if block.chart:
        index = f'<div class="plot" data-chart="{escape(block.chart)}" role="img" aria-label="{alt}"></div>'
        return f"<figure>{index}{caption}</figure>"
    svg = block.svg.decode()
    return f'<figure role="img" aria-label="{alt}">{svg[svg.index("<svg") :]}{caption}</figure>'


def _table(block: Table, say: Wording) -> str:
    caption = f"<caption><span>{_said(block.caption, say)}</span></caption>" if block.caption else ""
    head = "".join(
        f'<th scope="col" class="{column.align}">{_said(column.head, say)}</th>' for column in block.columns
    )
    rows = "\n".join(
        _row(row, block.columns, say, chosen=index == block.emphasised_row)
        for index, row in enumerate(block.rows)
    )
    name = f' id="{escape(block.id)}"' if block.id else ""
    return (
        f'<div class="wide"><table{name}>{caption}<thead><tr>{head}</tr></thead>'
        f"<tbody>\n{rows}\n</tbody></table></div>"
    )


def _row(row: Sequence[Cell], columns: Sequence[Column], say: Wording, *, chosen: bool) -> str:
    cells, index = [], 0
    for cell in row:
        cells.append(_cell(cell, columns[index], say))
        index += cell.span
    mark = ' class="chosen"' if chosen else ""
    return f"<tr{mark}>{''.join(cells)}</tr>"


def _cell(cell: Cell, column: Column, say: Wording) -> str:
    text = _said(cell.text, say)
    if cell.url is not None and cell.url.startswith(_WEB):
        text = f'<a href="{escape(cell.url)}" rel="noopener noreferrer">{text}</a>'
    elif cell.target is not None:
        text = f'<a href="#{escape(cell.target)}">{text}</a>'
    style = "" if cell.style == "plain" else cell.style
    length = "long" if len(text) > _LONG else "short" if len(text) < _SHORT else ""
    classes = " ".join(part for part in (column.align, style, length) if part)
    more = f' colspan="{cell.span}"' if cell.span > 1 else ""
    more += f' id="{escape(cell.anchor)}"' if cell.anchor else ""
    more += f' data-number="{cell.number!r}"' if cell.number is not None else ""
    return f'<td class="{classes}"{more}>{text}</td>'

"""What a page is made of: blocks of plain text and tables, which the template sets and never interprets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, cast

from planner.report.numbers import one_degree_sign
from planner.wording.message import Wording

Style = Literal["plain", "strong", "note", "mono", "good", "bad", "open"]
"""How a cell is set; the last three are verdicts."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One entry of a table; `url` makes a link, `anchor` names a position, `target` links to it,
    `span` counts the columns that it takes. `number` is the value behind the text, to sort by."""

    text: str
    style: Style = "plain"
    url: str | None = None
    anchor: str | None = None
    target: str | None = None
    span: int = 1
    number: float | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """A heading, its alignment, and its width as a share of what is left (`None`: as wide as needed)."""

    head: str
    align: Literal["left", "right", "center"] = "left"
    share: float | None = None


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading; one of level 1 starts a page unless `follows` says that it may follow other text.

    `anchor` names the position, for links to it.
    """

    text: str
    level: Literal[1, 2] = 1
    follows: bool = False
    anchor: str = ""
    tight: bool = False
    """With less space around it, for the first page."""
    overleaf: bool = False
    """Starts a page unless most of this one is free, as where the first page ran over."""
    kind: str = "heading"


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text; `note` is set smaller."""

    text: str
    style: Literal["plain", "note"] = "plain"
    kind: str = "paragraph"


@dataclass(frozen=True, slots=True)
class Bullets:
    """A list, numbered or not."""

    items: tuple[str, ...]
    numbered: bool = False
    tight: bool = False
    kind: str = "bullets"


@dataclass(frozen=True, slots=True)
class Table:
    """A table with its caption; it may break over pages and then repeats its head."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    caption: str = ""
    emphasised_row: int | None = None
    id: str = ""
    small: bool = False
    tight: bool = False
    """Set closer still, for the first page."""
    kind: str = "table"


@dataclass(frozen=True, slots=True)
class Figure:
    """A drawing (SVG bytes, kept apart from the text) and what it shows.

    `chart` names the interactive drawing that replaces it on the page.
    """

    svg: bytes = field(repr=False)
    caption: str
    alt: str
    chart: str = ""
    kind: str = "figure"


@dataclass(frozen=True, slots=True)
class Fact:
    """One key number of the cover: what it is, its value, and what it rests on."""

    label: str
    value: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Cover:
    """The head of the first page; `verdict` picks the colour, `verdict_text` is its text."""

    kicker: str
    question: str
    verdict: str
    verdict_text: str
    headline: str
    paragraph: str
    facts: tuple[Fact, ...]
    kind: str = "cover"


@dataclass(frozen=True, slots=True)
class Signature:
    """What is signed, by its revision, and a field for each of those who sign."""

    revision: str
    roles: tuple[str, ...]
    fields: str
    kind: str = "signature"


@dataclass(frozen=True, slots=True)
class Pointers:
    """A line of small text and, behind it, headings by text and anchor, with the page that each is on."""

    text: str
    places: tuple[tuple[str, str], ...]
    kind: str = "pointers"


@dataclass(frozen=True, slots=True)
class Landscape:
    """A heading and a table too wide for upright pages."""

    blocks: tuple[Heading | Table, ...]
    kind: str = "landscape"


Block = Heading | Paragraph | Bullets | Table | Figure | Cover | Signature | Pointers | Landscape


def valued(value: float | None, text: str) -> Cell:
    """A cell that is sorted by the value behind its text; by the text where there is none."""
    return Cell(text, number=value)


def cells(*texts: str) -> tuple[Cell, ...]:
    """A row of plain cells."""
    return tuple(Cell(text) for text in texts)


def as_data(blocks: Sequence[Block], say: Wording) -> tuple[list[dict[str, Any]], dict[str, bytes]]:
    """The blocks as JSON-safe values in one language, and the drawings by the file name given to each."""
    drawings: dict[str, bytes] = {}
    data: list[dict[str, Any]] = []
    for block in blocks:
        if isinstance(block, Figure):
            name = f"figure-{len(drawings) + 1}.svg"
            drawings[name] = block.svg
            data.append({"kind": block.kind, "file": name, "caption": block.caption, "alt": block.alt})
        else:
            data.append(asdict(block))
    return cast("list[dict[str, Any]]", _with_one_sign(say.all_of(data))), drawings


def _with_one_sign(value: object) -> object:
    """The same with one degree sign in every text, whoever wrote it."""
    if isinstance(value, str):
        return one_degree_sign(value)
    if isinstance(value, dict):
        return {key: _with_one_sign(inner) for key, inner in value.items()}
    return [_with_one_sign(inner) for inner in value] if isinstance(value, list) else value

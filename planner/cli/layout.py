"""Tables and lines that fit a width: columns are dropped by rank or rows become cards, words stay whole."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

Row = Mapping[str, str]
_GAP = 2
_LEAST_PROSE = 16
"""A column of sentences narrower than this is harder to read than a card."""
_MOST_PROSE = 72
"""Of a column of sentences where the width has no limit, as in a file."""
_GLUED = re.compile(r"(?<=\d) (?=[A-Za-z%/°µ])|(?<=\S) (?=- \d)|(?<=\S -) (?=\d)")
"""Between a number and its unit, and around the dash of a range: no place to end a line."""
_LABEL = re.compile(r"^\s*(?:\S+ )*\S+ {2,}(?=\S)|^\s*(?:- )?")
_NO_BREAK = "\u00a0"


@dataclass(frozen=True, slots=True)
class Grid:
    """Rows of a table and what may be given up where they are wider than the terminal."""

    rows: Sequence[Row]
    right: Collection[str] = frozenset()
    """Columns of numbers, set flush right."""
    rank: Sequence[str] = ()
    """Columns that may be left out, the least important first; the others stay."""
    prose: Collection[str] = frozenset()
    """Columns of sentences or lists, which may run over several lines."""


Line = str | Grid
"""A line of text beside the table of an answer, or a small table of its own."""


@dataclass(frozen=True, slots=True)
class _Fit:
    """The columns of a grid that are shown, each with its width, and what the others are."""

    widths: dict[str, int]
    alike: dict[str, str] = field(default_factory=dict)
    dropped: tuple[str, ...] = ()


def columns(text: str) -> int:
    """Columns of a terminal that a text takes: two for a wide sign, none for one that combines."""
    if text.isascii():
        return len(text)
    wide = sum(unicodedata.east_asian_width(sign) in "WF" for sign in text)
    return len(text) + wide - sum(unicodedata.combining(sign) != 0 for sign in text)


def fold(line: str, width: int) -> list[str]:
    """A line as lines of at most this width, broken between words; a longer word stays whole.

    What follows begins under the text behind a label, or two columns further in.
    """
    if columns(line) <= width:
        return [line]
    label = _LABEL.match(line)
    indent = label.end() if label else 0
    if not label or not label[0].strip():
        indent += 2
    if indent > width // 2:
        indent = 2
    words = re.split(r"(?<=\S)( +)", _GLUED.sub(_NO_BREAK, line))
    lines, now = [], words[0]
    for space, word in zip(words[1::2], words[2::2], strict=True):
        if columns(now) + len(space) + columns(word) <= width:
            now += space + word
        else:
            lines.append(now)
            now = " " * indent + word
    return [text.replace(_NO_BREAK, " ").rstrip() for text in (*lines, now)]


def grid_lines(grid: Grid, width: int | None) -> list[str]:
    """The grid as lines of at most this width, with a line that names what is not shown; None: no limit."""
    if not grid.rows:
        return []
    fit = _fitted(grid, width)
    if fit is None:
        return _cards(grid.rows, width or 0)
    lines = _set(grid, fit.widths)
    notes = []
    if fit.alike:
        notes.append("in every row: " + ", ".join(f"{name} {text}" for name, text in fit.alike.items()))
    if fit.dropped:
        names = ", ".join(name or "remark" for name in fit.dropped)
        notes.append(f"not shown at {width} columns: {names}; --format csv has all")
    return [*lines, *(text for note in notes for text in fold(note, width or columns(note)))]


def _fitted(grid: Grid, width: int | None) -> _Fit | None:
    """The most important columns that fit; none where not even those fit that must stay."""
    names = list(grid.rows[0])
    least = {name: _least(grid, name) for name in names}
    if width is None or _total(least.values()) <= width:
        return _Fit(_widened(grid, least, width))
    alike: dict[str, str] = {}
    shown = list(names)
    for name in grid.rank:
        values = {row[name] for row in grid.rows} if name in shown and len(grid.rows) > 1 else set()
        if len(values) == 1 and _total(least[n] for n in shown) > width:
            shown.remove(name)
            (text,) = values
            if text.strip():
                alike[name] = text
    dropped: list[str] = []
    for name in grid.rank:
        if name in shown and _total(least[n] for n in shown) > width:
            shown.remove(name)
            dropped.append(name)
    if _total(least[n] for n in shown) > width:
        return None
    for name in reversed(dropped.copy()):  # a wide column that went leaves room for narrow ones
        if _total([*(least[n] for n in shown), least[name]]) <= width:
            dropped.remove(name)
            shown.append(name)
    kept = {name: least[name] for name in names if name in shown}
    return _Fit(_widened(grid, kept, width), alike, tuple(name for name in names if name in dropped))


def _total(widths: Collection[int] | Iterator[int]) -> int:
    each = list(widths)
    return sum(each) + _GAP * (len(each) - 1)


def _least(grid: Grid, name: str) -> int:
    """The least width of a column: headers break between words, and so do the cells of sentences."""
    heading = max((columns(word) for word in name.split()), default=0)
    cells = [row[name] for row in grid.rows]
    longest = max(columns(cell) for cell in cells)
    if name in grid.prose:
        words = (columns(word) for cell in cells for word in _GLUED.sub(_NO_BREAK, cell).split(" "))
        longest = min(longest, max(_LEAST_PROSE, *words))
    return max(heading, longest)


def _widened(grid: Grid, least: Mapping[str, int], width: int | None) -> dict[str, int]:
    """Room that is left, first for whole headers and then for sentences, the shortest first."""
    widths = dict(least)
    natural = {name: max(columns(name), *(columns(row[name]) for row in grid.rows)) for name in widths}
    if width is None:
        return {
            name: max(widths[name], min(whole, _MOST_PROSE)) if name in grid.prose else whole
            for name, whole in natural.items()
        }
    for name in sorted(widths, key=lambda name: (name in grid.prose, natural[name])):
        room = width - _total(widths.values())
        widths[name] += max(0, min(room, natural[name] - widths[name]))
    return widths


def _set(grid: Grid, widths: Mapping[str, int]) -> list[str]:
    """Headers, a rule, and the rows; a cell that runs over several lines is followed by no empty line."""
    lines = _aligned({name: name for name in widths}, widths, grid.right, from_below=True)
    lines.append("─" * _total(widths.values()))
    for row in grid.rows:
        lines += _aligned(row, widths, grid.right, from_below=False)
    return lines


def _aligned(row: Row, widths: Mapping[str, int], right: Collection[str], *, from_below: bool) -> list[str]:
    cells = {name: _folded_cell(row[name], width) for name, width in widths.items()}
    height = max(len(cell) for cell in cells.values())
    lines = []
    for number in range(height):
        parts = []
        for name, width in widths.items():
            cell = cells[name]
            at = number - (height - len(cell)) if from_below else number
            text = cell[at] if 0 <= at < len(cell) else ""
            space = " " * (width - columns(text))
            parts.append(space + text if name in right else text + space)
        lines.append((" " * _GAP).join(parts).rstrip())
    return lines


def _folded_cell(text: str, width: int) -> list[str]:
    lines = [""]
    for word in _GLUED.sub(_NO_BREAK, text).split(" "):
        joined = f"{lines[-1]} {word}" if lines[-1] else word
        if columns(joined) <= width or not lines[-1]:
            lines[-1] = joined
        else:
            lines.append(word)
    return [line.replace(_NO_BREAK, " ") for line in lines]


def _cards(rows: Sequence[Row], width: int) -> list[str]:
    """Each row as a paragraph: its first cell, then a line for each other one."""
    first, *others = rows[0]
    label = max((columns(name or "remark") for name in others), default=0)
    lines: list[str] = []
    for row in rows:
        lines += fold(row[first], width)
        for name in others:
            if row[name].strip():
                lines += fold(f"  {(name or 'remark').ljust(label)}  {row[name]}", width)
    return lines

"""Bars beside an answer, in a terminal that can show them. The only file that knows rich."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from planner.visible import shortened_words, visible

_WIDEST = 100
_LEAST_WIDTH = 50


@dataclass(frozen=True, slots=True)
class Bar:
    """A span from `low` to `high`, with a name before and a text behind."""

    name: str
    low: float
    high: float
    text: str


def can_draw() -> bool:
    """Whether standard output is a terminal that has block characters, so in UTF-8 and not TERM=dumb."""
    encoding = (getattr(sys.stdout, "encoding", None) or "").lower().replace("-", "")
    return sys.stdout.isatty() and os.environ.get("TERM", "") not in ("", "dumb") and encoding == "utf8"


def draw(title: str, bars: Sequence[Bar], width: int) -> None:
    """Print the bars to one scale from zero; nothing in a terminal too narrow for them."""
    greatest = max((bar.high for bar in bars), default=0.0)
    if width < _LEAST_WIDTH or greatest <= 0:
        return
    from rich.bar import Bar as Block
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    grid = Table.grid(padding=(0, 1))
    grid.add_column(max_width=width // 3, no_wrap=True, overflow="ellipsis")
    grid.add_column(ratio=1)
    grid.add_column(justify="right", no_wrap=True)
    grid.expand = True
    for bar in bars:
        name = Text(shortened_words(visible(bar.name, one_line=True)))
        grid.add_row(name, Block(greatest, bar.low, bar.high, color="blue"), Text(bar.text))
    console = Console(width=min(width, _WIDEST), highlight=False, markup=False, emoji=False)
    console.print()
    console.print(Text(title))
    console.print(grid)

"""Text from files as people may see it: what a terminal obeys or nobody sees is written as an escape."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Final

MOST_LETTERS = 1000
"""Of one word without a space; of a longer one people see the ends. JSON and CSV have all of it."""
_ENDS = 100
LONGEST_WORD = 8192
"""Of a command line or a question that is taken at all: twice the longest path."""

_INVISIBLE: Final = (
    "\x00-\x08\x0b-\x1f\x7f-\x9f"  # control characters but tab and line feed; \x9b alone begins an escape
    "\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e"  # soft hyphen, joiners, empty letters
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f"  # zero width, line separators, reversed and isolated runs
    "\u3164\ufeff\uffa0\ufff9-\ufffb"  # Hangul fillers, byte order mark, annotations
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff"  # marks of music, tags
    "\ud800-\udfff"  # half of a pair: no encoding can write it
)
_HIDDEN: Final = re.compile(f"[{_INVISIBLE}]")
_BREAKS: Final = re.compile("[\t\n]")
_LONG_WORD: Final = re.compile(rf"[^\s，。；：、]{{{MOST_LETTERS + 1},}}")

_FORMULA: Final = frozenset("=+-@\t\r＝＋－＠")
_NUMBER: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?%?")


def visible(text: str, *, one_line: bool = False) -> str:
    r"""The text with each such character as JSON would escape it, `\u001b`; with `one_line` breaks too.

    The escape of a text inside JSON is the same text to whoever reads it back.
    """
    seen = _HIDDEN.sub(_escape, text)
    return _BREAKS.sub(_escape, seen) if one_line else seen


def shortened_words(text: str) -> str:
    """The text with the middle of words left out that are longer than any name that people give."""
    return _LONG_WORD.sub(_shortened, text)


def _escape(found: re.Match[str]) -> str:
    return json.dumps(found[0])[1:-1]


def _shortened(found: re.Match[str]) -> str:
    word = found[0]
    return f"{word[:_ENDS]}...({len(word) - 2 * _ENDS:,} more)...{word[-_ENDS:]}"


def visible_texts(value: object) -> object:
    """Plain values (mappings, lists, scalars) with every text in them visible."""
    if isinstance(value, str):
        return shortened_words(visible(value))
    if isinstance(value, Mapping):
        return {key: visible_texts(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [visible_texts(inner) for inner in value]
    return value


def inert_cell(value: object) -> object:
    """A cell of a CSV that no spreadsheet runs: text that begins as a formula does gets an apostrophe.

    Numbers stay numbers, also those in text ("-5", "+1.5e3"); one that is not finite is an empty cell, which
    is how a CSV says unknown. After OWASP, "CSV Injection".
    """
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if not isinstance(value, str):
        return value
    if value[:1] in _FORMULA and not _NUMBER.fullmatch(value):
        return f"'{value}"
    return value


def inert_row(row: Mapping[str, object]) -> dict[str, object]:
    """The row with every name and cell inert, see `inert_cell`."""
    return {str(inert_cell(name)): inert_cell(value) for name, value in row.items()}

"""Output that every terminal can show: signs that its encoding lacks are replaced, and nothing stops."""

from __future__ import annotations

import codecs
import os
import sys
import unicodedata
from contextlib import nullcontext, suppress

import click

from planner.visible import visible

HANDLER = "planner.plain"
_PLAIN = {
    "─": "-", "–": "-", "—": "-", "−": "-", "…": "...", "×": "x", "·": "*", "≤": "<=", "≥": ">=", "≈": "~",
    "→": "->", "←": "<-", "µ": "u", "μ": "u", "°": "deg", "²": "2", "³": "3",
    "‘": "'", "’": "'", "“": '"', "”": '"',
    "\u00a0": " ", "\u202f": " ",
}  # fmt: skip


def open_standard_streams() -> None:
    """Put something in the place of standard streams that are closed, as after `>&-`.

    Otherwise the next file that is opened would become standard output. Reading and writing there fails, as
    of a stream that is closed, but for messages: those are lost.
    """
    for number, flags in enumerate((os.O_WRONLY, os.O_RDONLY, os.O_WRONLY)):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, flags)  # the lowest number that is free: this one
    if sys.stdout is None:
        sys.stdout = os.fdopen(1, "w", encoding="utf-8", closefd=False)
    if sys.stderr is None:
        sys.stderr = os.fdopen(2, "w", encoding="utf-8", closefd=False)


def drop_unwritten() -> None:
    """Let go what a stream could not write: it was said, and would be tried again at the very end."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            with suppress(OSError, ValueError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def show_any_text() -> None:
    """Let both standard streams replace what their encoding lacks, as on Windows or with `LANG=C`."""
    codecs.register_error(HANDLER, _plain)
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors=HANDLER)


def echo(text: str, *, err: bool = False, nl: bool = True) -> None:
    """Print to the stream, with visible escapes for what a terminal would obey.

    Click by itself would send UTF-8 to a stream that is ASCII.
    """
    with suppress(OSError) if err else nullcontext():  # a message that nobody can get stops nothing
        click.echo(visible(text), file=sys.stderr if err else sys.stdout, nl=nl)


def _plain(error: UnicodeError) -> tuple[str, int]:
    """The nearest plain text for signs that cannot be written: an arrow as ->, é as e, else a `?`."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lost = error.object[error.start : error.end]
    return "".join(_PLAIN.get(sign) or _without_accent(sign) for sign in lost), error.end


def _without_accent(sign: str) -> str:
    base = unicodedata.normalize("NFKD", sign).encode("ascii", "ignore").decode("ascii")
    return base or "?"

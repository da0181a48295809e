"""Output that every terminal can show: signs that its encoding lacks are replaced, and nothing stops."""

from __future__ import annotations

import codecs
import sys
import unicodedata

import click

from planner.visible import visible

HANDLER = "planner.plain"
_PLAIN = {
    "─": "-", "–": "-", "—": "-", "−": "-", "…": "...", "×": "x", "·": "*", "≤": "<=", "≥": ">=", "≈": "~",
    "→": "->", "←": "<-", "µ": "u", "μ": "u", "°": "deg", "²": "2", "³": "3",
    "‘": "'", "’": "'", "“": '"', "”": '"',
    "\u00a0": " ", "\u202f": " ",
}  # fmt: skip


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

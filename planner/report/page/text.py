"""Text of a study in a drawing of the page."""

from __future__ import annotations

from html import escape


def shown(text: str) -> str:
    """Text as plotly.js shows it letter by letter: it reads a few tags and would set them."""
    return escape(text, quote=False)

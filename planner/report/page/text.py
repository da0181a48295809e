"""Text of a study in a drawing of the page: letters that are no markup, and quantities along an axis."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from typing import Any

from planner.report.numbers import quantity

_FEW_DECADES = 2.6
"""Up to here a logarithmic axis has ticks at 1, 2 and 5; beyond at 1 alone."""


def log_ticks(values: Sequence[float], dimension: str) -> dict[str, Any]:
    """Ticks of a logarithmic axis over values above zero, as quantities with their unit."""
    known = [value for value in values if value > 0]
    if not known:
        return {}
    low, high = math.log10(min(known)), math.log10(max(known))
    steps = (1, 2, 5) if high - low <= _FEW_DECADES else (1,)
    ticks = [
        step * 10.0**power for power in range(math.floor(low) - 1, math.ceil(high) + 1) for step in steps
    ]
    return {"tickvals": ticks, "ticktext": [quantity(tick, dimension, 1) for tick in ticks]}


def shown(text: str) -> str:
    """Text as plotly.js shows it letter by letter: it reads a few tags and would set them."""
    return escape(text, quote=False)

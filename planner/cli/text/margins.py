"""The limits of a plan as lines: what is left of each, and what it rests on."""

from __future__ import annotations

from collections.abc import Sequence

from planner.plan.options.margin import Margin


def margin_lines(margins: Sequence[Margin]) -> list[str]:
    """One line for each limit, those that do not hold or are open first."""
    from planner.plan.options.margin_text import verdict_text, weakest_text

    lines = []
    for margin in sorted(margins, key=lambda item: item.verdict == "PASS"):
        text, rests_on = str(verdict_text(margin)), weakest_text(margin)
        lines.append(text if margin.turns or not rests_on else f"{text}; {rests_on}")
    return lines

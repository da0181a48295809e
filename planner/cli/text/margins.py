"""The limits of a plan as lines: what is left of each, and what it rests on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from planner.plan.options.margin import Margin
    from planner.plan.options.option import Option


def margin_lines(margins: Sequence[Margin]) -> list[str]:
    """One line for each limit, those that do not hold or are open first."""
    from planner.plan.options.margin_text import verdict_text, weakest_text

    lines = []
    for margin in sorted(margins, key=lambda item: item.verdict == "PASS"):
        text, rests_on = str(verdict_text(margin)), weakest_text(margin)
        lines.append(text if margin.turns or not rests_on else f"{text}; {rests_on}")
    return lines


def host_lines(option: Option) -> list[str]:
    """Which computer the parts sit in, where the database had to give one."""
    from planner.plan.options.hosting import hosting_text

    needs = option.part.needs_host
    if option.hosting is None or needs is None:
        return []
    return [f"  {hosting_text(option.hosting, needs, option.device)}"]

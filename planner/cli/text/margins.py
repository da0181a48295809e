"""The limits of a plan as lines: what is left of each, and what it rests on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from planner import api

if TYPE_CHECKING:
    from planner.plan.options.margin import Margin
    from planner.plan.options.option import Option
    from planner.schema.hardware.device import Device


def margin_lines(margins: Sequence[Margin]) -> list[str]:
    """One line for each limit, those that do not hold or are open first."""
    lines = []
    for margin in sorted(margins, key=lambda item: item.verdict == "PASS"):
        text, rests_on = api.margin_text(margin)
        lines.append(text if not rests_on or rests_on in text else f"{text}; {rests_on}")
    return lines


def host_lines(option: Option) -> list[str]:
    """Which computer the parts sit in, where the database had to give one."""
    text = api.host_text(option)
    return [] if text is None else [f"  {text}"]


def chain_lines(option: Option) -> list[str]:
    """The busiest unit of what frames go through, where streams have chains."""
    text = api.chain_text(option)
    return [] if text is None else [f"  {text}"]


def cooler_text(part: Device) -> str:
    """The cooler in use, its resistance and how that is known."""
    thermal = part.thermal
    resistance = thermal.resistance_k_per_w
    return f"{thermal.cooler}, {resistance.value:.3g} K/W {resistance.status.value}"

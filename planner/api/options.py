"""An option of a plan in words: what is left of its limits, and which computer its parts sit in."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from planner.plan.options.margin import Margin
    from planner.plan.options.option import Option


def margin_text(margin: Margin) -> tuple[str, str]:
    """What is left of a limit, and the weakest input that it rests on (empty where it rests on none).

    >>> "limit" in margin_text(size("line-inspection", most_parts=1).options[0].option.margins[0])[0]
    True
    """
    from planner.plan.options.margin_text import rests_on_text, verdict_text

    return str(verdict_text(margin)), rests_on_text(margin)


def host_text(option: Option) -> str | None:
    """Which computer the parts of an option sit in, where they need one; None where they do not.

    >>> host_text(size("line-inspection", most_parts=1).options[0].option) is None
    True
    """
    from planner.plan.options.hosting import hosting_text

    needs = option.part.needs_host
    if option.hosting is None or needs is None:
        return None
    return str(hosting_text(option.hosting, needs, option.device))

"""Margins in words: what a limit is called, how much of it is left, and what would decide an open one."""

from __future__ import annotations

from planner.plan.options.margin import Margin, WeakestInput
from planner.rack.counts.results import Verdict
from planner.units import format_percent, format_probability, format_quantity
from planner.wording.message import Message, message, word

_TEXTS = {"c": "{:.1f} °C", "w": "{:,.0f} W", "rack_units": "{:g} U", "k_per_w": "{:.3g} K/W"}
_KINDS = {"die": "hottest"}


def margin_name(margin: Margin) -> Message:
    """The limit by its name; gear by its own."""
    kind, _, of = margin.name.partition(".")
    return message(f"limit.{_KINDS.get(kind, kind)}", **({"name": word("gear", of)} if of else {}))


def amount(value: float, unit: str) -> str:
    """A value of a margin or of its input with its unit."""
    if unit == "bytes_per_s":
        return format_quantity(value, unit, 3)
    return format_percent(value) if unit == "ratio" else _TEXTS[unit].format(value)


def left_text(margin: Margin) -> str:
    """What is left to the limit and what was asked; kelvins for temperatures."""
    left, asked = (_difference(value, margin) for value in (margin.margin, margin.asked))
    return message("margin.left", left=left, asked=asked) if margin.asked else left


def _difference(value: float, margin: Margin) -> str:
    if margin.unit == "w":
        return f"{value:,.0f} W ({format_percent(value / margin.limit)})"
    return f"{value:.1f} K" if margin.unit == "c" else amount(value, margin.unit)


def weakest_name(weakest: WeakestInput) -> Message:
    """What the input is called."""
    under = {"cooler": word("cooler", weakest.of)} if weakest.of else {}
    return message(f"weakest.{weakest.name.replace('.', '_')}", **under)


def weakest_text(margin: Margin) -> str:
    """The weakest input with its range and status; empty where the limit rests on nothing of the kind."""
    weakest = margin.weakest
    if weakest is None:
        return ""
    name, status = weakest_name(weakest), word("status", weakest.provenance)
    mid = amount(weakest.mid, weakest.unit)
    if weakest.low == weakest.high:
        return message("margin.input", input=name, mid=mid, status=status)
    low, high = amount(weakest.low, weakest.unit), amount(weakest.high, weakest.unit)
    return message("margin.input_range", input=name, mid=mid, status=status, low=low, high=high)


def rests_on_text(margin: Margin) -> str:
    """The weakest input, and how probable it is that the limit is broken over its range."""
    text = weakest_text(margin)
    if margin.probability is None or not text:
        return text
    return message("margin.with_probability", input=text, share=format_probability(margin.probability))


def verdict_text(margin: Margin) -> Message:
    """Why the limit is as it is: broken, too near, or open."""
    name, value, limit = (
        margin_name(margin),
        amount(margin.value, margin.unit),
        amount(margin.limit, margin.unit),
    )
    if margin.verdict is Verdict.UNDECIDED:
        return message("margin.turns", name=name, value=value, limit=limit, input=rests_on_text(margin))
    if margin.verdict is Verdict.PASS:
        return message("margin.kept", name=name, value=value, limit=limit, left=left_text(margin))
    if margin.state(margin.best) == "over":
        widest = "_at_best" if margin.best > margin.worst else ""
        return message(f"margin.over{widest}", name=name, value=value, limit=limit, **_ends(margin, widest))
    return message("margin.thin", name=name, value=value, limit=limit, left=left_text(margin))


def binding_text(margins: tuple[Margin, ...]) -> Message:
    """The first of the limits that a verdict rests on in full, and the others by value."""
    first, *others = margins
    if not others:
        return verdict_text(first)
    named = tuple(
        message("margin.value", name=margin_name(item), value=amount(item.value, item.unit))
        for item in others
    )
    return message("margin.with_others", first=verdict_text(first), others=named)


def _ends(margin: Margin, ranged: str) -> dict[str, str]:
    return {"input": weakest_text(margin)} if ranged else {}


def decider(margin: Margin) -> Message:
    """What would settle an open margin."""
    name = margin.weakest.name if margin.weakest else "none"
    given = {} if name == "site.gear" else {"input": weakest_text(margin)}
    if margin.weakest is not None and margin.weakest.at_w is not None:
        given |= {"power": f"{margin.weakest.at_w:.3g} W"}
    return message(f"decides.{name.replace('.', '_')}", **given)

"""How candidates stand to each other: the front, ties, why each loser loses, and limits that contradict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from planner.plan.compare.candidate import Candidate, Limits
from planner.plan.compare.contradictions import contradicting
from planner.plan.compare.currencies import amount_in, common_currency, mixed_note
from planner.plan.compare.pareto import beats, pareto_front
from planner.units import format_number, format_quantity

Axes = tuple[float | None, ...]

AXES = ("latency", "power", "price", "risk")
_COUNTS = 1.05
"""A twentieth more of anything is not reported as a loss."""


def ranked(candidates: Sequence[Candidate], limits: Limits) -> tuple[tuple[Candidate, ...], tuple[str, ...]]:
    """Best first, each with what it loses by, and notes on what could not be compared."""
    feasible = [candidate for candidate in candidates if candidate.feasible]
    prices = [candidate.price for candidate in feasible]
    currency = common_currency(prices, limits)
    axes = {id(candidate): _axes(candidate, currency, limits) for candidate in feasible}
    front = pareto_front([axes[id(candidate)] for candidate in feasible])
    order = sorted(
        zip(feasible, front, strict=True),
        key=lambda pair: (not pair[1], pair[0].planning_latency_s.mid, pair[0].estimate.device),
    )
    standing = []
    for place, (candidate, on_front) in enumerate(order):
        first = order[0][0]
        beaten_by = next((other for other, _ in order if beats(axes[id(other)], axes[id(candidate)])), first)
        standing.append(
            replace(
                candidate,
                pareto=on_front,
                tie=place > 0 and _tie(first, candidate),
                loses=_loses(candidate, beaten_by, axes, currency) if place else "",
            )
        )
    broken = [c for c in candidates if not c.feasible]
    broken.sort(key=lambda c: (c.planning_latency_s.mid, c.estimate.device))
    standing += [replace(candidate, loses="; ".join(candidate.reasons)) for candidate in broken]
    mixed = currency is None and any(price is not None for price in prices)
    return tuple(standing), ((mixed_note(prices),) if mixed else ())


def _axes(candidate: Candidate, currency: str | None, limits: Limits) -> Axes:
    """What is to be small, in the order of `AXES`; a price that cannot be stated in the currency is
    unknown."""
    price = None
    if candidate.price is not None and currency is not None:
        price = amount_in(candidate.price, currency, limits.rates)
    return candidate.latency_s, candidate.estimate.power_w.mid, price, candidate.risk


def _tie(one: Candidate, other: Candidate) -> bool:
    """Whether each one's middle lies in the band of the other, an inference each."""
    ends = [
        (c.planning_latency_s.low / c.estimate.batch, c.planning_latency_s.high / c.estimate.batch)
        for c in (one, other)
    ]
    return ends[0][0] <= other.latency_s <= ends[0][1] and ends[1][0] <= one.latency_s <= ends[1][1]


def _loses(candidate: Candidate, to: Candidate, axes: dict[int, Axes], currency: str | None) -> str:
    """In one line: what the candidate is worse in than another, and what it is better in."""
    worse, better = [], []
    for name, own, others in zip(AXES, axes[id(candidate)], axes[id(to)], strict=True):
        if own is None or others is None:
            continue
        if own > others * _COUNTS:
            worse.append(_times(name, own / others, currency))
        elif others > own * _COUNTS:
            better.append(_times(name, own / others, currency))
    tie = "a tie in latency within the bands" if _tie(candidate, to) else ""
    text = f"{', '.join(worse) or 'no better'} against {to.name}"
    if tie:
        text += f" ({tie})"
    return text + (f"; in return {', '.join(better)}" if better else "")


def _times(name: str, ratio: float, currency: str | None) -> str:
    times = format_number(ratio, 2) if ratio < 10 else f"{ratio:,.0f}"
    return {
        "latency": f"{times} x the latency",
        "power": f"{times} x the power",
        "price": f"{times} x the price in {currency}",
        "risk": f"{times} x the spread of latency",
    }[name]


def contradiction(candidates: Sequence[Candidate], limits: Limits) -> str | None:
    """Where no candidate is feasible: the fewest limits that leave nothing, and what keeping each takes."""
    names = contradicting(candidate.broken for candidate in candidates)
    if not names:
        return None
    limits_text = {name: _reported(name, limits) for name in names}
    if len(names) == 1:
        least = _least(candidates, names[0], limits)
        return f"no candidate keeps {limits_text[names[0]]}; the nearest takes {least}"
    lines = []
    for name in names:
        kept = [c for c in candidates if name not in c.broken]
        needs = [f"{_least(kept, other, limits)} or more" for other in names if other != name]
        lines.append(f"what keeps {limits_text[name]} takes {' and '.join(needs)}")
    return f"{' and '.join(limits_text.values())} contradict each other: {'; '.join(lines)}"


def _reported(name: str, limits: Limits) -> str:
    if name == "latency" and limits.max_latency_s is not None:
        return f"a latency of {format_quantity(limits.max_latency_s, 's')}"
    if name == "power" and limits.max_power_w is not None:
        return f"a power of {limits.max_power_w:g} W"
    if name == "budget" and limits.budget is not None:
        return f"a budget of {limits.budget.amount:g} {limits.budget.currency}"
    return "the memory of the part"


def _least(candidates: Sequence[Candidate], name: str, limits: Limits) -> str:
    """The least of what a limit is about, among some candidates."""
    if name == "latency":
        return format_quantity(min(limits.counted_s(c.planning_latency_s) for c in candidates), "s", 3)
    if name == "power":
        return f"{format_number(min(c.estimate.power_w.high for c in candidates), 3)} W"
    if name == "memory":
        return f"{min(c.estimate.memory.total_bytes for c in candidates) / 1e9:.2f} GB"
    prices = [c.price for c in candidates if c.price is not None]
    cheapest = min(prices, key=lambda price: price.amount, default=None)
    return "a price that is unknown" if cheapest is None else f"{cheapest.amount:g} {cheapest.currency}"

"""Prices in several currencies: converted at stated rates, or not compared at all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from planner.errors import InputError, Problem
from planner.plan.compare.candidate import Limits
from planner.schema.hardware.device import Device
from planner.schema.reading.quantity import Money


def amount_in(price: Money, currency: str, rates: Mapping[str, float]) -> float | None:
    """The amount in a currency, or None where no rate is stated."""
    if price.currency == currency:
        return price.amount
    rate = rates.get(price.currency)
    return None if rate is None else price.amount * rate


def common_currency(prices: Iterable[Money | None], limits: Limits) -> str | None:
    """The currency that all known prices can be stated in; None where two cannot be compared."""
    found = {price.currency for price in prices if price is not None}
    if limits.budget is not None:
        return limits.budget.currency
    without_rate = sorted(found - set(limits.rates))
    if len(without_rate) > 1:
        return None
    return without_rate[0] if without_rate else next(iter(sorted(found)), None)


def refuse_mixed_currencies(devices: Sequence[Device], limits: Limits) -> None:
    """Refuse a budget that the price of a part cannot be compared with, with every such part and the cure."""
    if limits.budget is None:
        return
    currency = limits.budget.currency
    problems = []
    for device in devices:
        price = device.price.amount_money.value if device.price else None
        if price is not None and amount_in(price, currency, limits.rates) is None:
            advice = (
                f"state the price of one {price.currency}, as in `--rate {price.currency}=0.14` in "
                f"{currency}, "
                "or leave the part out"
            )
            problems.append(Problem(device.id, f"a price in {currency}", f"one in {price.currency}", advice))
    if problems:
        raise InputError("--budget", problems)


def mixed_note(prices: Iterable[Money | None]) -> str:
    """What to do where prices in several currencies were left out of the comparison."""
    found = sorted({price.currency for price in prices if price is not None})
    return (
        f"prices in {' and '.join(found)} are not compared; state `--rate {found[0]}=...`, "
        "the "
        f"price of one {found[0]} in {found[-1]}"
    )

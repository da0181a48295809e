"""What a part costs and who says so: the buyer, the database, or parts like it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median

from planner.errors import InputError, Problem
from planner.hardware.catalog import device_ids, read_device
from planner.provenance import Status
from planner.schema.hardware.device import Device
from planner.schema.reading.quantity import Money
from planner.schema.scenario.money import PartPrice
from planner.schema.scenario.scenario import Scenario
from planner.units import format_percent
from planner.wording.message import message

ASSUMED_SPREAD = 0.2
"""How far an estimated price may lie off, either way, where the scenario does not say (assumed)."""

_FEWEST_LIKE_IT = 2


@dataclass(frozen=True, slots=True)
class QuotedPrice:
    """The price of one part as it was quoted, with its date and its source, and how far it may lie off.

    `low`, `mid` and `high` are in the scenario's currency; `rate` is what one unit of the quoted one costs in
    it.
    """

    part: str
    quoted: Money
    rate: float
    low: float
    mid: float
    high: float
    date: str
    source: str
    status: Status
    range_from: str
    """What the ends of the range rest on."""
    parts_like_it: int = 0
    """Parts of the same form whose known prices replace one that nobody states; none for a price that
    somebody does."""


def in_currency(price: Money, scenario: Scenario) -> float | None:
    """The amount in the scenario's currency, or None where no exchange rate is stated."""
    rate = rate_of(price.currency, scenario)
    return None if rate is None else price.amount * rate


def rate_of(currency: str, scenario: Scenario) -> float | None:
    """What one unit of a currency costs in the scenario's; None where it does not say."""
    if currency == scenario.money.currency:
        return 1.0
    return scenario.money.exchange_rates.get(currency)


def price_of(scenario: Scenario, device: Device) -> QuotedPrice | None:
    """The price to reckon with: the buyer's, else the database's, else - where asked for - an assumed one.

    None where it is unknown, or in a currency without a rate.
    """
    stated = scenario.money.prices.get(device.id)
    if stated is not None:
        return _stated(scenario, device, stated)
    if device.price is not None:
        return _of_database(scenario, device)
    return _like_it(scenario, device) if scenario.money.missing_prices == "assume" else None


def require_prices(scenario: Scenario, devices: Iterable[Device]) -> None:
    """Refuse a cost question about parts without a price, asking for each by name, all at once."""
    problems = [problem for device in devices if (problem := missing_price(scenario, device)) is not None]
    if problems:
        raise InputError(f"scenario {scenario.id}", problems)


def missing_price(scenario: Scenario, device: Device) -> Problem | None:
    """What the scenario has to say before this part can be costed; None where nothing is missing."""
    stated = scenario.money.prices.get(device.id)
    quoted = stated.low_money if stated else device.price.amount_money.value if device.price else None
    currency, cooler = scenario.money.currency, device.thermal.in_use.price_money
    named = device.name
    if quoted is None:
        if price_of(scenario, device) is not None:
            return None
        advice = (
            f"add `prices: {{{device.id}: 500 {currency}}}` under `money`, or a range "
            f"`{{low: 400 {currency}, high: 700 {currency}}}`; `missing_prices: assume` takes that of parts "
            "of its form"
        )
        return Problem(f"money.prices.{device.id}", f"the price of {device.name}", "none", advice)
    if rate_of(quoted.currency, scenario) is not None:
        if cooler is None or rate_of(cooler.value.currency, scenario) is not None:
            return None
        quoted, named = cooler.value, f"its cooler {device.thermal.cooler}"
    expected = f"the price of one {quoted.currency} in {currency}"
    got = f"none, and {named} costs {quoted.amount:,.0f} {quoted.currency}"
    advice = f"add `exchange_rates: {{{quoted.currency}: ...}}` under `money`"
    return Problem(f"money.exchange_rates.{quoted.currency}", expected, got, advice)


def _stated(scenario: Scenario, device: Device, stated: PartPrice) -> QuotedPrice | None:
    low, high = in_currency(stated.low_money, scenario), in_currency(stated.high_money, scenario)
    rate = rate_of(stated.low_money.currency, scenario)
    if low is None or high is None or rate is None:
        return None
    amount = (stated.low_money.amount + stated.high_money.amount) / 2
    fixed = low == high
    return QuotedPrice(
        part=device.id,
        quoted=Money(amount=amount, currency=stated.low_money.currency),
        rate=rate,
        low=low,
        mid=(low + high) / 2,
        high=high,
        date=stated.date or scenario.date,
        source=stated.source or "the scenario",
        status=Status.VENDOR if fixed else Status.ASSUMED,
        range_from=message("cost_basis.as_stated" if fixed else "cost_basis.stated_range"),
    )


def _of_database(scenario: Scenario, device: Device) -> QuotedPrice | None:
    if device.price is None:
        return None
    number, quoted = device.price.amount_money, device.price.amount_money.value
    rate = rate_of(quoted.currency, scenario)
    if rate is None:
        return None
    firm = (
        number.status is Status.VENDOR
        and number.confidence == "high"
        and device.price.covers == "part"
        and device.price.kind in (None, "list")
    )
    stated = scenario.money.uncertainty.price_ratio
    spread = 0.0 if firm else ASSUMED_SPREAD if stated is None else stated
    mid = quoted.amount * rate
    whose = message("cost_basis.assumed" if stated is None else "cost_basis.stated")
    return QuotedPrice(
        part=device.id,
        quoted=quoted,
        rate=rate,
        low=mid * (1 - spread),
        mid=mid,
        high=mid * (1 + spread),
        date=device.price.date,
        source=number.source,
        status=number.status,
        range_from=message("cost_basis.list_price")
        if firm
        else message("cost_basis.either_way", share=format_percent(spread), whose=whose),
    )


def _like_it(scenario: Scenario, device: Device) -> QuotedPrice | None:
    """The range of known prices of parts of the same form; None where too few are known."""
    others = [read_device(other) for other in device_ids()]
    known = sorted(
        amount
        for other in others
        if other.form == device.form and other.price is not None and other.price.covers != "chip"
        if (amount := in_currency(other.price.amount_money.value, scenario)) is not None
    )
    if len(known) < _FEWEST_LIKE_IT:
        return None
    mid = median(known)
    return QuotedPrice(
        part=device.id,
        quoted=Money(amount=mid, currency=scenario.money.currency),
        rate=1.0,
        low=known[0],
        mid=mid,
        high=known[-1],
        date=scenario.date,
        source=f"assumed: the {len(known)} parts of form {device.form} with a known price",
        status=Status.ASSUMED,
        range_from=message("cost_basis.of_form", form=message(f"form.{device.form}")),
        parts_like_it=len(known),
    )

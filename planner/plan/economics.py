"""What a rack costs: parts and carriers to buy, energy to run.

Running cost is mean rack power x PUE x hours x tariff; total is capital plus running cost over the horizon,
not discounted. Space, maintenance and labour are not in it.
"""

from __future__ import annotations

import math

from planner.plan.option import Cost
from planner.schema.device import Device
from planner.schema.quantity import Money
from planner.schema.scenario import Scenario

SECONDS_PER_YEAR = 365.25 * 86400.0


def in_currency(price: Money, scenario: Scenario) -> float | None:
    """The amount in the scenario's currency, or None where no exchange rate is stated."""
    if price.currency == scenario.money.currency:
        return price.amount
    rate = scenario.money.exchange_rates.get(price.currency)
    return None if rate is None else price.amount * rate


def carriers_needed(devices: int, slots: int) -> int:
    """How many carriers hold this many devices."""
    return math.ceil(devices / slots)


def rack_cost(scenario: Scenario, device: Device, installed: int, power_w: float) -> Cost:
    """Capital, running cost per year and their sum over the horizon for a rack of one kind of device."""
    carrier = scenario.site.carriers[device.form]
    carrier_price = in_currency(carrier.price_money, scenario)
    price = in_currency(device.price.amount_money.value, scenario) if device.price else None
    capital = None
    if price is not None and carrier_price is not None:
        capital = installed * price + carriers_needed(installed, carrier.slots) * carrier_price
    tariff = scenario.money.electricity_money_per_j.amount_per_joule
    running = power_w * scenario.site.pue * SECONDS_PER_YEAR * tariff
    total = None if capital is None else capital + running * scenario.money.horizon_years
    return Cost(capital, running, total, scenario.money.currency)

"""What a rack costs: parts and carriers to buy, energy to run.

Running cost is mean rack power x PUE x hours x tariff; total is capital plus running cost over the horizon,
not discounted. Space, maintenance and labour are not in it.
"""

from __future__ import annotations

import math

from planner.errors import InputError, Problem
from planner.plan.option import Cost
from planner.schema.device import Device
from planner.schema.quantity import Money
from planner.schema.scenario import Carrier, Scenario

SECONDS_PER_YEAR = 365.25 * 86400.0


def in_currency(price: Money, scenario: Scenario) -> float | None:
    """The amount in the scenario's currency, or None where no exchange rate is stated."""
    if price.currency == scenario.money.currency:
        return price.amount
    rate = scenario.money.exchange_rates.get(price.currency)
    return None if rate is None else price.amount * rate


def carrier_of(scenario: Scenario, device: Device) -> Carrier:
    """What a part of this form sits in; `InputError` where the scenario does not say."""
    carrier = scenario.site.carriers.get(device.form)
    if carrier is None:
        known = ", ".join(scenario.site.carriers) or "none"
        raise InputError(
            f"scenario {scenario.id}",
            [
                Problem(
                    "site.carriers",
                    f"an entry for a {device.form}, the form of the candidate {device.id}",
                    f"only {known}",
                    f"add `{device.form}:` as docs/scenario.md says, or leave the part out",
                )
            ],
        )
    return carrier


def carriers_needed(devices: int, slots: int) -> int:
    """How many carriers hold this many devices."""
    return math.ceil(devices / slots)


def rack_units(scenario: Scenario, device: Device, installed: int) -> float:
    """Height that this many devices take in their carriers, in rack units."""
    carrier = carrier_of(scenario, device)
    return carriers_needed(installed, carrier.slots) * carrier.rack_units


def rack_cost(scenario: Scenario, device: Device, installed: int, power_w: float) -> Cost:
    """Capital, running cost per year and their sum over the horizon for a rack of one kind of device."""
    carrier = carrier_of(scenario, device)
    carrier_price = in_currency(carrier.price_money, scenario)
    price = in_currency(device.price.amount_money.value, scenario) if device.price else None
    capital = None
    if price is not None and carrier_price is not None:
        capital = installed * price + carriers_needed(installed, carrier.slots) * carrier_price
    tariff = scenario.money.electricity_money_per_j.amount_per_joule
    running = power_w * scenario.site.pue * SECONDS_PER_YEAR * tariff
    total = None if capital is None else capital + running * scenario.money.horizon_years
    return Cost(capital, running, total, scenario.money.currency)

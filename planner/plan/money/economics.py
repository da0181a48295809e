"""What a rack costs: parts and carriers to buy, what every year takes, what is left in the end.

Capital is parts, spares and carriers. A year takes energy (mean power x PUE x hours x tariff), space,
maintenance and the uplink, each where the scenario prices it. The total is their present value: money of year
y is divided by (1 + discount rate)^y, purchases at the beginning of a year, running cost and what is left at
its end. Labour, taxes and financing are not in it. Lines of a total cost of ownership after Rasmussen,
Determining total cost of ownership for data center and network room infrastructure (APC white paper 6).
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from planner.errors import InputError, Problem
from planner.formulas import formula
from planner.plan.money.prices import in_currency, price_of
from planner.plan.money.tariff import energy_price_per_j
from planner.plan.options.hosting import hosting_of
from planner.plan.options.option import Cost, Draw
from planner.schema.hardware.device import Device
from planner.schema.scenario.scenario import Scenario
from planner.schema.scenario.site_limits import Carrier

SECONDS_PER_YEAR = 365.25 * 86400.0


def carrier_of(scenario: Scenario, device: Device) -> Carrier:
    """What a part sits in: its form's carrier, or the computer that it needs; `InputError` without."""
    hosting = hosting_of(scenario, device)
    if hosting is not None:
        return hosting.carrier
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


def rack_cost(scenario: Scenario, device: Device, installed: int, draw: Draw) -> Cost:
    """Capital, running cost per year and their present value over the horizon, for one kind of device.

    None where the price of the part or of its carrier is unknown; the running cost then lacks
    maintenance.
    """
    capital = capital_of(scenario, device, installed)
    price = price_of(scenario, device)
    each = None if price is None else price.mid
    yearly = dict(yearly_lines(scenario, device, installed, draw, capital, each))
    running = sum(yearly.values())
    total = None
    if capital is not None:
        total = capital + running * annuity(scenario) - residual(scenario, capital)
    return Cost(capital, running, total, scenario.money.currency)


def capital_of(scenario: Scenario, device: Device, installed: int) -> float | None:
    """What this many devices, their carriers, coolers and a balancer cost to buy.

    None where a price is unknown.
    """
    carriers, price = carriers_price(scenario, device, installed), price_of(scenario, device)
    balancer, coolers = balancer_price(scenario), coolers_price(scenario, device, installed)
    if price is None or carriers is None or balancer is None or coolers is None:
        return None
    return installed * price.mid + carriers + balancer + coolers


def coolers_price(scenario: Scenario, device: Device, installed: int) -> float | None:
    """What the coolers in use cost that are sold apart; None where their currency has no rate."""
    price = device.thermal.in_use.price_money
    if price is None:
        return 0.0
    each = in_currency(price.value, scenario)
    return None if each is None else installed * each


def balancer_price(scenario: Scenario) -> float | None:
    """What the stated balancer costs; None where its currency has no rate."""
    return in_currency(scenario.balancer.price_money, scenario) if scenario.balancer else 0.0


def carriers_price(scenario: Scenario, device: Device, installed: int) -> float | None:
    """What the carriers of this many devices cost; None where their currency has no rate."""
    carrier = carrier_of(scenario, device)
    each = in_currency(carrier.price_money, scenario)
    return None if each is None else carriers_needed(installed, carrier.slots) * each


@formula("facility_energy")
def yearly_lines(
    scenario: Scenario,
    device: Device,
    installed: int,
    draw: Draw,
    capital: float | None,
    device_price: float | None,
) -> Iterator[tuple[str, float]]:
    """Every cost of a year that the scenario prices, by name; `draw` is the rack's own, without cooling."""
    money, pue = scenario.money, scenario.site.pue
    energy = draw.mean_w * SECONDS_PER_YEAR * energy_price_per_j(scenario, draw)
    yield "energy", energy
    yield "cooling and losses", energy * (pue - 1.0)
    if money.space_money is not None:
        yield "space", rack_units(scenario, device, installed) * money.space_money.amount
    if money.maintenance_ratio and capital is not None:
        yield "maintenance", capital * money.maintenance_ratio
    if money.uplink_money is not None:
        yield "uplink", money.uplink_money.amount
    if scenario.failures is not None and device_price is not None:
        yield "replacements", replacements_per_year(scenario, device, installed, device_price)


@formula("replacements")
def replacements_per_year(scenario: Scenario, device: Device, installed: int, device_price: float) -> float:
    """What failures cost a year: failures a year x price, of devices and of carriers where these fail too.

    In the long run each fails once in MTBF + MTTR: what is being repaired does not fail.
    """
    failures = scenario.failures
    if failures is None:
        return 0.0
    yearly = installed * device_price * SECONDS_PER_YEAR / (failures.mtbf_s + failures.mttr_s)
    if failures.carrier is not None:
        carriers = carriers_price(scenario, device, installed) or 0.0
        yearly += carriers * SECONDS_PER_YEAR / (failures.carrier.mtbf_s + failures.carrier.mttr_s)
    return yearly * failures.replacement_ratio


def years(scenario: Scenario) -> list[float]:
    """The years of the horizon as lengths: 1, 1, 0.5 for two and a half."""
    horizon = scenario.money.horizon_years
    return [min(1.0, horizon - year) for year in range(math.ceil(horizon))]


def discounted(scenario: Scenario, after_years: float) -> float:
    """The present value of one unit of money after this time."""
    # Fractions of a year as well: compound interest at the yearly rate.
    return float((1.0 + scenario.money.discount_rate_ratio) ** -after_years)


@formula("present_value")
def annuity(scenario: Scenario) -> float:
    """The present value of one unit of money a year over the horizon, paid at the end of each year."""
    return sum(length * discounted(scenario, year + length) for year, length in enumerate(years(scenario)))


@formula("present_value")
def residual(scenario: Scenario, capital: float) -> float:
    """The present value of what the capital leaves at the end of the horizon."""
    money = scenario.money
    return capital * money.residual_ratio * discounted(scenario, money.horizon_years)

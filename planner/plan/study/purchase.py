"""The bill of materials of the chosen option: what is ordered, at whose price, of which day."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from planner.plan.money.economics import balancer_price, carriers_needed
from planner.plan.money.prices import in_currency, price_of
from planner.plan.options.coolers import STATED
from planner.plan.options.hosting import Hosting, hosting_of
from planner.plan.sizing.margins import Placed
from planner.provenance import Status
from planner.schema.hardware.device import Device
from planner.schema.scenario.scenario import Scenario
from planner.wording.message import message

Kind = Literal["device", "spare", "carrier", "host", "cooler", "balancer"]


@dataclass(frozen=True, slots=True)
class PurchaseLine:
    """One line of an order; the price is of one, in the scenario's currency, None where nobody states it."""

    kind: Kind
    name: str
    order_code: str | None
    count: int
    price: float | None
    date: str
    source: str
    status: Status

    @property
    def amount(self) -> float | None:
        """What the whole line costs."""
        return None if self.price is None else self.count * self.price


def purchase(scenario: Scenario, option: Placed) -> tuple[PurchaseLine, ...]:
    """Devices, spares, what they sit in and the balancer, as they are bought at the beginning."""
    device = _device(scenario, option.part, option.count)
    found = [device]
    if option.spares:
        spare = PurchaseLine(
            "spare", device.name, device.order_code, option.spares, device.price, device.date, device.source,
            device.status,
        )  # fmt: skip
        found.append(spare)
    found.append(_carriers(scenario, option))
    found += _coolers(scenario, option)
    if scenario.balancer is not None:
        price = balancer_price(scenario)
        found.append(_as_stated(scenario, "balancer", scenario.balancer.note, 1, price))
    return tuple(found)


def _device(scenario: Scenario, part: Device, count: int) -> PurchaseLine:
    code = part.order_code.value if part.order_code else None
    quoted = price_of(scenario, part)
    if quoted is None:
        none = message("number.unknown")
        return PurchaseLine("device", part.name, code, count, None, "", none, Status.ASSUMED)
    if part.id in scenario.money.prices:
        stated = scenario.money.prices[part.id].source
        source = stated or message("purchase.scenario")
    elif quoted.parts_like_it:
        source = message("purchase.like_it", number=quoted.parts_like_it)
    else:
        source = part.sources[quoted.source].title
    if part.price is not None and part.id not in scenario.money.prices:
        kinds = (part.price.covers, part.price.kind)
        for kind in [kind for kind in kinds if kind in ("kit", "chip", "launch", "shop")]:
            source = message(f"purchase.{kind}", source=source)
    date = quoted.date if quoted.date[:1].isdigit() else message("purchase.no_date")
    return PurchaseLine("device", part.name, code, count, quoted.mid, date, source, quoted.status)


def _carriers(scenario: Scenario, option: Placed) -> PurchaseLine:
    """The computers that the parts sit in, or the carriers that the scenario describes."""
    installed = option.count + option.spares
    hosting = hosting_of(scenario, option.part)
    if hosting is not None:
        return _hosts(scenario, hosting, carriers_needed(installed, hosting.parts))
    carrier = scenario.site.carriers[option.part.form]
    count = carriers_needed(installed, carrier.slots)
    return _as_stated(scenario, "carrier", carrier.note, count, in_currency(carrier.price_money, scenario))


def _coolers(scenario: Scenario, option: Placed) -> Iterator[PurchaseLine]:
    """The coolers in use, where they are sold apart from the part."""
    cooler = option.part.thermal.in_use
    price, installed = cooler.price_money, option.count + option.spares
    if price is None:
        return
    each, name = in_currency(price.value, scenario), cooler.name or cooler.id
    if price.source == STATED:
        yield _as_stated(scenario, "cooler", name, installed, each)
        return
    source, no_date = option.part.sources[price.source].title, message("purchase.no_date")
    yield PurchaseLine("cooler", name, None, installed, each, no_date, source, price.status)


def _hosts(scenario: Scenario, hosting: Hosting, count: int) -> PurchaseLine:
    price = hosting.host.price
    number = price.amount_money
    source = hosting.host.sources[number.source].title
    each = in_currency(number.value, scenario)
    return PurchaseLine("host", hosting.host.name, None, count, each, price.date, source, number.status)


def _as_stated(scenario: Scenario, kind: Kind, name: str, count: int, price: float | None) -> PurchaseLine:
    """A line whose price the scenario states."""
    source = message("purchase.scenario")
    return PurchaseLine(kind, name, None, count, price, scenario.date, source, Status.ASSUMED)

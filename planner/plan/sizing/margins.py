"""The limits of a site, and how far a plan stays from each: power, height, heat, air and the gear in it.

A limit is met with the margin that the scenario asks for. What rests on an assumed number carries that
number's range (`hardware_db/surroundings/limits.yaml`): where the verdict turns within it, it is open.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from planner.hardware.surroundings import surroundings
from planner.plan.money.economics import rack_units
from planner.plan.options.coolers import resistance_band
from planner.plan.options.hosting import Hosting
from planner.plan.options.margin import Margin, WeakestInput
from planner.plan.options.option import Option, RackHeat
from planner.plan.options.throttle_chance import throttle_probability
from planner.plan.rack.rack_model import supply_efficiency
from planner.provenance import Status
from planner.rack.counts.results import RackResult
from planner.rack.description.rack import Rack
from planner.rack.heat.air import device_exhaust_c, inlets_c
from planner.rack.heat.cooling import inlet_class
from planner.rack.heat.steady import die_at
from planner.schema.hardware.device import Device
from planner.schema.hardware.surroundings import InletClassName
from planner.schema.reading.quantity import Sourced
from planner.schema.scenario.scenario import Scenario


class Placed(Protocol):
    """So many of a part at a site: what the site's limits are compared with, whatever the part serves."""

    @property
    def part(self) -> Device:
        """The part."""

    @property
    def count(self) -> int:
        """How many serve."""

    @property
    def spares(self) -> int:
        """How many stand by on top."""

    @property
    def racks(self) -> int:
        """Among how many racks they are spread."""

    @property
    def heat(self) -> RackHeat:
        """Power and temperatures."""

    @property
    def hosting(self) -> Hosting | None:
        """The computer of the database that each sits in."""

    @property
    def link_bytes_per_s(self) -> float:
        """What each is sent."""

    @property
    def margins(self) -> tuple[Margin, ...]:
        """What is left of each limit."""


@dataclass(frozen=True, slots=True)
class Warmest:
    """The warmest temperatures of a rack: die, inlet, and the air that leaves the devices.

    `settled_c` is where the die would settle at full clock, whatever a governor then did about it.
    """

    die_c: float
    settled_c: float
    inlet_c: float
    exhaust_c: float


def planned_warmest(option: Option) -> Warmest:
    """As the closed form has them."""
    heat = option.heat
    return Warmest(heat.temperature_c, heat.temperature_c, heat.inlet_c, heat.exhaust_c)


def simulated_warmest(rack: Rack, result: RackResult, closed_c: float) -> Warmest:
    """As a run had them, at its warmest moment.

    A run that throttled was kept near its throttle: there the closed form's `closed_c` says how warm it
    would have become.
    """
    series = result.series
    # The series is of the mean inlet; where a watt does not warm all alike the hottest one is above it.
    even_w = np.full(rack.count, result.power_w / rack.count)
    inlets = inlets_c(rack.air, even_w)
    above_k = float(inlets.max() - inlets.mean())
    exhausts = [
        device_exhaust_c(rack.air, inlet_c, power_w, rack.count)
        for inlet_c, power_w in zip(series.inlet_c, series.power_w, strict=True)
    ]
    seen_c = result.devices.temperature_c.max
    settled_c = max(seen_c, closed_c) if result.devices.throttled_share > 0 else seen_c
    return Warmest(seen_c, settled_c, max(series.inlet_c) + above_k, max(exhausts))


def margins_of(
    scenario: Scenario, option: Placed, warmest: Warmest, throttled: float | None = None
) -> tuple[Margin, ...]:
    """Every limit of the site in the order of the tables, and of the part where its file states one.

    `throttled` is the share of time that a run saw its devices throttled.
    """
    die = _die(scenario, option, warmest)
    return (
        _power(scenario, option),
        _height(scenario, option),
        die,
        *(() if throttled is None else (_throttled(scenario, die, throttled),)),
        *_link(option),
        *air_margins(scenario, warmest),
        *_part_air(option, warmest),
    )


def _certain(name: str, unit: str, value: float, limit: float, asked: float = 0.0) -> Margin:
    """A limit that rests on nothing assumed."""
    left = limit - value
    return Margin(name, unit, value, limit, asked, left, left)


def _power(scenario: Scenario, option: Placed) -> Margin:
    """Every device at its own limit, through the supply, with all that is drawn beside."""
    site, worst_w = scenario.site, option.heat.worst_power_w
    limit_w = option.racks * site.power_limit_w
    asked_w = scenario.planning.margins.power_ratio * limit_w
    if site.supply_efficiency_ratio is not None:
        return _certain("power", "w", worst_w, limit_w, asked_w)
    band = surroundings().supply
    low, high = band.low_ratio.value, band.high_ratio.value
    through_w = option.heat.worst_devices_w
    # What goes through the supply is divided by its efficiency; the rest is stated at the plug.
    beside_w = worst_w - through_w / supply_efficiency(site)
    weakest = _ranged("site.supply_efficiency", "ratio", (low, supply_efficiency(site), high), band.mid_ratio)
    best_w, most_w = beside_w + through_w / high, beside_w + through_w / low
    return Margin("power", "w", worst_w, limit_w, asked_w, limit_w - best_w, limit_w - most_w, weakest)


def _height(scenario: Scenario, option: Placed) -> Margin:
    units = rack_units(scenario, option.part, option.count + option.spares)
    return _certain("height", "rack_units", units, option.racks * scenario.site.rack_units)


def _die(scenario: Scenario, option: Placed, warmest: Warmest) -> Margin:
    """The hottest device against the temperature at which it throttles, over the spread of its cooler."""
    throttle_c, asked_k = option.part.thermal.throttle_c.value, scenario.planning.margins.temperature_k
    band = resistance_band(option.part.thermal)
    best_k, worst_k = (
        throttle_c - die_at(warmest.inlet_c, warmest.settled_c, end / band.mid_k_per_w)
        for end in (band.low_k_per_w, band.high_k_per_w)
    )
    weakest = WeakestInput(
        "thermal.resistance",
        band.low_k_per_w,
        band.mid_k_per_w,
        band.high_k_per_w,
        "k_per_w",
        band.status.value,
        band.source,
        of=option.part.thermal.cooler,
        at_w=option.heat.power_per_device_w,
    )
    chance = throttle_probability(band, warmest.inlet_c, warmest.settled_c, throttle_c)
    return Margin("die", "c", warmest.die_c, throttle_c, asked_k, best_k, worst_k, weakest, chance)


def _throttled(scenario: Scenario, die: Margin, share: float) -> Margin:
    """The share of time that devices are throttled; none where the best end of the cooler never throttles."""
    limit = scenario.planning.margins.throttled_ratio
    best = limit if die.state(die.best) != "over" else limit - share
    return Margin("throttled", "ratio", share, limit, 0.0, best, limit - share, die.weakest)


def _link(option: Placed) -> Iterator[Margin]:
    """What requests send over the link to the host that the part sits in."""
    if option.hosting is None:
        return
    limit, lanes = option.hosting.link_bytes_per_s, option.hosting.slots.lanes
    left = limit - option.link_bytes_per_s
    weakest = WeakestInput("host.link", limit, limit, limit, "bytes_per_s", lanes.status.value, lanes.source)
    yield Margin("link", "bytes_per_s", option.link_bytes_per_s, limit, 0.0, left, left, weakest)


def air_margins(scenario: Scenario, warmest: Warmest) -> Iterator[Margin]:
    """Inlet, exhaust and gear: what the air may be, whatever part is in it."""
    site, found = scenario.site, surroundings()
    stated = stated_class(scenario)
    usual = inlet_class(stated or found.inlet.default_class)
    highest_c = usual.highest_at_c(site.altitude_m)
    if stated is not None:
        yield _certain("inlet", "c", warmest.inlet_c, highest_c)
    else:
        widest = found.inlet.widest_c
        yield _open("inlet", warmest.inlet_c, highest_c, widest, "site.inlet_class")
    if site.supply_c < usual.lowest_c and stated is not None:
        left_k = site.supply_c - usual.lowest_c
        yield Margin("inlet_low", "c", site.supply_c, usual.lowest_c, 0.0, left_k, left_k, lower=True)
    if site.exhaust_limit_c is not None:
        yield _certain("exhaust", "c", warmest.exhaust_c, site.exhaust_limit_c)
    else:
        usual_c = found.exhaust.usual_c.value
        yield _open("exhaust", warmest.exhaust_c, usual_c, found.exhaust.widest_c, "site.exhaust_limit")
    for item in site.gear:
        yield _certain(f"gear.{item.name}", "c", warmest.inlet_c, item.highest_c)
        if item.lowest_c is not None and site.supply_c < item.lowest_c:
            left_k = site.supply_c - item.lowest_c
            yield Margin(
                f"gear_low.{item.name}", "c", site.supply_c, item.lowest_c, 0.0, left_k, left_k, lower=True
            )
    # A stated class is that of all equipment in the rack; a list of gear is taken to be whole.
    if stated is None and not site.gear:
        for name, gear in found.gear.items():
            yield _open(f"gear.{name}", warmest.inlet_c, gear.highest_c.value, gear.widest_c, "site.gear")


def stated_class(scenario: Scenario) -> InletClassName | None:
    """The class of inlets that the scenario states for its site."""
    return scenario.site.inlet_class or (scenario.density.inlet_class if scenario.density else None)


def _part_air(option: Placed, warmest: Warmest) -> Iterator[Margin]:
    """The air that the part's maker allows, where its file states it."""
    given = option.part.operating_air
    if given is None:
        return
    highest = given.highest_c
    left_k = highest.value - warmest.inlet_c
    weakest = WeakestInput(
        "operating_air.highest",
        highest.value,
        highest.value,
        highest.value,
        "c",
        highest.status.value,
        highest.source,
    )
    yield Margin("part_air", "c", warmest.inlet_c, highest.value, 0.0, left_k, left_k, weakest)


def _open(name: str, value_c: float, usual_c: float, widest: Sourced[float], key: str) -> Margin:
    """A limit that is not stated: the usual one, which gear made for more may take up to the widest."""
    weakest = WeakestInput(key, usual_c, usual_c, widest.value, "c", Status.ASSUMED.value, widest.source)
    return Margin(name, "c", value_c, usual_c, 0.0, widest.value - value_c, usual_c - value_c, weakest)


def _ranged(name: str, unit: str, ends: tuple[float, float, float], origin: Sourced[float]) -> WeakestInput:
    low, mid, high = ends
    return WeakestInput(name, low, mid, high, unit, origin.status.value, origin.source)

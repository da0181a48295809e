"""What ends a rack's density: each limit on its own, how much of it is used, and what liquid changes."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from planner.hardware.surroundings import surroundings
from planner.plan.money.economics import rack_units
from planner.plan.sizing.margins import stated_class
from planner.rack.description.rack import Rack
from planner.rack.heat.air import device_exhaust_c
from planner.rack.heat.cabinet import split_heat, water_loop
from planner.rack.heat.cooling import inlet_class
from planner.rack.heat.ladder import leakage_w
from planner.rack.load.expected import expected_load
from planner.rack.studies.density import (
    DensityLimit,
    RowAt,
    SurroundingsAt,
    density_limit,
    heat_reason,
    plugged_w,
    settled_hottest_c,
)
from planner.schema.hardware.device import Device
from planner.schema.scenario.rack_study import Liquid
from planner.schema.scenario.scenario import Scenario
from planner.wording.message import counted, message

EASED = 1.1
"""A limit is looked at again with a tenth more of it."""


@dataclass(frozen=True, slots=True)
class SiteLimit:
    """One limit of the site. `wrong(count, ease)` says why a count breaks it, the limit being `ease` times as
    large; `used(count)` is the share of it that a count takes."""

    name: str
    wrong: Callable[[int, float], str | None]
    used: Callable[[int], float]


@dataclass(frozen=True, slots=True)
class LimitWeight:
    """How much a limit counts: devices under it alone, the share of it used at the best number, and devices
    of the whole rack with a tenth more of it. Names are JSON keys; `met` is whether the limit alone ends the
    search, and not how far was looked."""

    name: str
    devices: int
    met: bool
    used: float
    devices_with_a_tenth_more: int


@dataclass(frozen=True, slots=True)
class LiquidAnswer:
    """The same rack with cold plates: its limit, and the water's return and the devices there."""

    limit: DensityLimit
    return_c: float
    device_c: float


def site_limits(
    scenario: Scenario, part: Device | None, rack: Rack, around: SurroundingsAt, row_at: RowAt
) -> tuple[SiteLimit, ...]:
    """The limits in the order of the report: rack space, heat, air, power.

    A device given by numbers keeps margins only where the scenario states them. Where no class, exhaust or
    gear is stated, the air may be as warm as any of its kind allows: beyond it no answer could hold.
    """
    margins, kept = scenario.planning.margins, "margins" in scenario.planning.model_fields_set
    margin_k, share = (margins.temperature_k, margins.power_ratio) if part or kept else (0.0, 0.0)
    limits = [_heat(rack, around, margin_k), *_air(scenario, part, rack, around, row_at)]
    limits.append(_power(scenario, rack, around, share))
    if part is not None:
        limits.insert(0, _room(scenario, part))
    return tuple(limits)


def first_wrong(limits: Sequence[SiteLimit], eased: str | None = None) -> Callable[[int], str | None]:
    """The first reason against a count; `eased` names a limit that is taken a tenth larger."""

    def wrong(count: int) -> str | None:
        for limit in limits:
            reason = limit.wrong(count, EASED if limit.name == eased else 1.0)
            if reason is not None:
                return reason
        return None

    return wrong


def limit_weights(limits: Sequence[SiteLimit], best: int, most: int) -> tuple[LimitWeight, ...]:
    """Each limit's own count and weight; `best` is the number that all of them leave."""
    alone = [density_limit(most, first_wrong([limit])).devices for limit in limits]
    return tuple(
        LimitWeight(
            limit.name,
            devices,
            devices < most,
            limit.used(max(best, 1)),
            density_limit(most, first_wrong(limits, limit.name)).devices,
        )
        for limit, devices in zip(limits, alone, strict=True)
    )


def _room(scenario: Scenario, part: Device) -> SiteLimit:
    height = scenario.site.rack_units

    def units(count: int) -> float:
        return rack_units(scenario, part, count + scenario.spares)

    def wrong(count: int, ease: float) -> str | None:
        if units(count) <= ease * height:
            return None
        has = f"{ease * height:g}"
        taken, spares = f"{units(count):g}", scenario.spares
        if spares:
            return counted("density.room_with_spares", spares, count=f"{count:,}", units=taken, has=has)
        return message("density.room", count=f"{count:,}", units=taken, has=has)

    return SiteLimit("rack_units", wrong, lambda count: units(count) / height)


def _heat(rack: Rack, around: SurroundingsAt, margin_k: float) -> SiteLimit:
    """Throttling, less the margin; a tenth more of it is a tenth more air."""
    allowed_c, supply_c = rack.device.thermal.throttle_c - margin_k, rack.air.supply_c

    @functools.cache
    def wrong(count: int, ease: float) -> str | None:
        here = around(count)
        air = replace(here.air, airflow_m3_per_s=ease * here.air.airflow_m3_per_s)
        return heat_reason(rack, count, replace(here, air=air), margin_k)

    def used(count: int) -> float:
        rise_k = settled_hottest_c(rack, count, around(count)) - supply_c
        return rise_k / max(allowed_c - supply_c, 1e-9)

    return SiteLimit("heat", wrong, used)


def _air(
    scenario: Scenario, part: Device | None, rack: Rack, around: SurroundingsAt, row_at: RowAt
) -> Iterator[SiteLimit]:
    """Inlet class, exhaust, the part's own range and the gear beside it."""
    site, found = scenario.site, surroundings()

    @functools.cache
    def air_c(count: int) -> tuple[float, float]:
        row, here = row_at(count), around(count)
        drawn_w = plugged_w(rack, count * row.power_per_device_w, here)
        return row.inlet_c, device_exhaust_c(here.air, row.inlet_c, drawn_w, count)

    def limit(name: str, kind: str, allowed_c: float, which: int) -> SiteLimit:
        supply_c = rack.air.supply_c

        def wrong(count: int, ease: float) -> str | None:
            eased_c, reached_c = supply_c + ease * (allowed_c - supply_c), air_c(count)[which]
            if reached_c <= eased_c:
                return None
            temperature, allowed = f"{reached_c:.1f}", f"{eased_c:g}"
            return message(f"density.{kind}", count=count, temperature=temperature, allowed=allowed)

        def used(count: int) -> float:
            # A supply at the warmest that is allowed leaves nothing to use: the share is huge, not undefined.
            return (air_c(count)[which] - supply_c) / max(allowed_c - supply_c, 1e-9)

        return SiteLimit(name, wrong, used)

    stated = stated_class(scenario)
    inlet_c = inlet_class(stated).highest_at_c(site.altitude_m) if stated else found.inlet.widest_c.value
    exhaust_c = found.exhaust.widest_c.value if site.exhaust_limit_c is None else site.exhaust_limit_c
    yield limit("inlet_class", "inlet", inlet_c, 0)
    yield limit("exhaust", "exhaust", exhaust_c, 1)
    if part is not None and part.operating_air is not None:
        yield limit("part_air", "part_air", part.operating_air.highest_c.value, 0)
    for gear in site.gear:
        yield limit(f"gear.{gear.name}", "gear", gear.highest_c, 0)


def _power(scenario: Scenario, rack: Rack, around: SurroundingsAt, margin: float) -> SiteLimit:
    limit_w, each_w = (1.0 - margin) * scenario.site.power_limit_w, most_w(rack)

    def drawn_w(count: int) -> float:
        return plugged_w(rack, count * each_w, around(count))

    def wrong(count: int, ease: float) -> str | None:
        if drawn_w(count) <= ease * limit_w:
            return None
        limit = f"{ease * limit_w:,.0f}"
        return message("density.power", count=count, power=f"{drawn_w(count):,.0f}", limit=limit)

    return SiteLimit("power", wrong, lambda count: drawn_w(count) / limit_w)


def most_w(rack: Rack) -> float:
    """What a device draws when it serves all the time, warm enough to throttle."""
    thermal = rack.device.thermal
    leaked_w = float(leakage_w(thermal, np.array([thermal.throttle_c]))[0])
    serving_w = rack.device.instances * max(service.busy_w for service in rack.device.services)
    return rack.device.idle_w + leaked_w + serving_w


def liquid_answer(rack: Rack, liquid: Liquid, others: Sequence[SiteLimit], most: int) -> LiquidAnswer:
    """The limit with cold plates: the air limits do not apply, rack space and power do, and the water has its
    own.

    Every plate is fed at the loop's supply; what stays in the air does not count for the inlets.
    """
    device_w = rack.device.idle_w + expected_load(rack).dynamic_w
    device_c = liquid.supply_c + liquid.plate_k_per_w * device_w
    loop = water_loop(liquid.supply_c, liquid.flow_m3_per_s)
    watts_per_k = loop.density_kg_per_m3 * loop.heat_capacity_j_per_kg_k * loop.airflow_m3_per_s

    def return_c(count: int) -> float:
        return liquid.supply_c + split_heat(count * device_w, liquid.air_ratio).liquid_w / watts_per_k

    def wrong(count: int, ease: float) -> str | None:  # noqa: ARG001 - one signature for all limits
        throttle_c = rack.device.thermal.throttle_c
        if device_c >= throttle_c:
            return message("density.plate", temperature=f"{device_c:.1f}", throttle=f"{throttle_c:g}")
        if return_c(count) > liquid.highest_return_c:
            return message(
                "density.water",
                count=count,
                temperature=f"{return_c(count):.1f}",
                allowed=f"{liquid.highest_return_c:g}",
            )
        return None

    kept = [limit for limit in others if limit.name in ("rack_units", "power")]
    limit = density_limit(most, first_wrong([SiteLimit("water", wrong, return_c), *kept]))
    return LiquidAnswer(limit, return_c(limit.devices), device_c)

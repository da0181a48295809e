"""Power, heat and money of devices that serve conversations: in the steady state, by the share of busy time.

A step draws what its use of the unit's peaks asks for (`planner.latency.power`), a frame what its network
does, a device between them its idle power. Both are far shorter than a cooler's time constant, so that the
die follows the mean; `heat.py` steps it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from planner.conversation.results import ServingResult
from planner.plan.money.economics import carrier_of, carriers_needed, rack_cost, rack_units
from planner.plan.options.option import Cost, Draw, RackHeat
from planner.plan.rack.heat import in_thin_air, thermal_of_part
from planner.plan.rack.rack_model import (
    fixed_power_w,
    mode_of,
    rack_air,
    rack_fan_w,
    standby_w,
    supply_loss,
)
from planner.rack.description.rack import Air, Thermal
from planner.rack.heat.air import device_exhaust_c, inlets_c
from planner.rack.heat.steady import steady
from planner.schema.hardware.device import Device
from planner.schema.scenario.scenario import Scenario

_ROUNDS = 3
"""In which power, inlet and fan agree."""


@dataclass(frozen=True, slots=True)
class PowerAndCost:
    """What so many devices draw, how warm they get and what they cost."""

    racks: int
    step_w: float
    heat: RackHeat
    always_c: float
    draw: Draw
    cost: Cost
    energy_per_token_j: float | None


def power_and_cost(
    scenario: Scenario, device: Device, mode: str, count: int, result: ServingResult
) -> PowerAndCost:
    """Of so many devices that are as busy as a run had them."""
    idle_w = mode_of(device, mode).idle_w.value
    busy_w = idle_w + (result.dynamic_w / result.worked if result.worked else 0.0)
    racks = racks_needed(scenario, device, mode, count)
    heat, always_c = _heat(scenario, device, mode, count, racks, idle_w + result.dynamic_w, busy_w)
    load_w = count * result.dynamic_w * (1.0 + supply_loss(scenario.site))
    draw = Draw(heat.power_w - load_w, load_w)
    tokens = result.tokens_per_s
    return PowerAndCost(
        racks=racks,
        step_w=busy_w,
        heat=heat,
        always_c=always_c,
        draw=draw,
        cost=rack_cost(scenario, device, count + scenario.spares, draw),
        energy_per_token_j=heat.power_w / tokens if tokens else None,
    )


def device_air(scenario: Scenario, device: Device, racks: int, count: int) -> Air:
    """The air around so many of a part."""
    return replace(rack_air(scenario, racks, count), in_row=carrier_of(scenario, device).in_row)


def device_thermal(scenario: Scenario, device: Device, racks: int, count: int) -> Thermal:
    """The heat of a part in that air."""
    density = device_air(scenario, device, racks, count).density_kg_per_m3
    return in_thin_air(thermal_of_part(device), density)


def racks_needed(scenario: Scenario, device: Device, mode: str, count: int) -> int:
    """Racks by height and by power, every device at its limit; no more than the site has."""
    site, installed = scenario.site, count + scenario.spares
    by_height = rack_units(scenario, device, installed) / site.rack_units
    carrier = carrier_of(scenario, device)
    limit_w = mode_of(device, mode).power_limit_w.value
    drawn_w = installed * limit_w * (1.0 + supply_loss(site))
    drawn_w += carriers_needed(installed, carrier.slots) * carrier.power_w
    by_power = drawn_w / max(site.power_limit_w - rack_fan_w(site), 1e-9)
    return min(site.racks, math.ceil(max(1.0, by_height, by_power)))


def _heat(
    scenario: Scenario, device: Device, mode: str, count: int, racks: int, mean_w: float, step_w: float
) -> tuple[RackHeat, float]:
    air = device_air(scenario, device, racks, count)
    thermal = device_thermal(scenario, device, racks, count)
    fixed_w, loss = fixed_power_w(scenario, device, mode, count, racks), supply_loss(scenario.site)
    settled, device_w, power_w, inlet_c = steady(thermal, air.supply_c, mean_w), mean_w, 0.0, air.supply_c
    # Leakage and fans follow the die, the die the inlet, the inlet the power of all: a few rounds
    # settle it, as a watt of leakage warms the inlet by very little.
    for _ in range(_ROUNDS):
        device_w = mean_w + settled.fan_w + settled.leakage_w
        power_w = count * device_w * (1.0 + loss) + fixed_w
        inlet_c = float(inlets_c(air, np.full(count, power_w / count)).max())
        settled = steady(thermal, inlet_c, mean_w)
    limit_w = mode_of(device, mode).power_limit_w.value
    worst_w = count * limit_w + scenario.spares * limit_w - standby_w(scenario, device, mode)
    heat = RackHeat(
        power_per_device_w=device_w,
        power_w=power_w,
        worst_power_w=worst_w * (1.0 + loss) + fixed_w,
        inlet_c=inlet_c,
        temperature_c=settled.die_c,
        exhaust_c=device_exhaust_c(air, inlet_c, power_w, count),
        worst_devices_w=(count + scenario.spares) * limit_w,
    )
    return heat, steady(thermal, inlet_c, step_w).die_c

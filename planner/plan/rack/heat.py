"""The heat of a part, or of a device given by numbers, as the rack simulates it."""

from __future__ import annotations

import math
from dataclasses import replace

from planner.formulas import formula
from planner.hardware.surroundings import cooler_kinds, surroundings
from planner.rack.description.device import Leakage, Thermal
from planner.rack.description.heat_path import ClockCap, DeviceFan, HeatNode
from planner.rack.heat.air import REFERENCE_KG_PER_M3
from planner.schema.hardware.cooler import OwnFan
from planner.schema.hardware.device import Device, Form
from planner.schema.hardware.device_heat import ThermalSpec
from planner.schema.scenario.accelerator import Accelerator, AcceleratorFan, LeakageGrowth


def thermal_of_part(device: Device) -> Thermal:
    """The heat of a part of the catalog, at 20 C and sea level."""
    given = device.thermal
    leakage, cap = given.leakage, given.power_cap_w
    nodes = _nodes_of(given, device.form)
    return Thermal(
        resistance_k_per_w=_whole(given.resistance_k_per_w.value, [n.resistance_k_per_w for n in nodes]),
        heat_capacity_j_per_k=_whole(
            given.heat_capacity_j_per_k.value, [n.heat_capacity_j_per_k for n in nodes]
        ),
        throttle_c=given.throttle_c.value,
        hysteresis_k=given.hysteresis_k.value,
        shutdown_c=given.shutdown_c.value,
        throttled_clock=given.throttled_clock_ratio.value,
        leakage=None
        if leakage is None
        else _leakage(leakage.reference_w.value, leakage.at_c.value, leakage.doubles_over_k.value),
        nodes=nodes,
        clock_steps=tuple(step.value for step in given.clock_steps_ratio),
        fan=_part_fan(given.fan),
        power_cap_w=None if cap is None else cap.value,
        caps=tuple(ClockCap(item.at_c.value, item.clock_ratio.value) for item in given.caps),
    )


def _nodes_of(given: ThermalSpec, form: Form) -> tuple[HeatNode, ...]:
    """The stores of the cooler in use: as stated, else die and sink as coolers of its kind divide.

    One store, hence none here, where a file states a resistance and not of what.
    """
    if given.stores:
        return tuple(
            HeatNode(s.heat_capacity_j_per_k.value, s.resistance_k_per_w.value) for s in given.stores
        )
    divided = cooler_kinds().kinds[given.in_use.kind].divided(form)
    if divided is None:
        return ()
    whole, capacity = given.resistance_k_per_w.value, given.heat_capacity_j_per_k.value
    inner = divided.die_ratio * whole
    # The die's own time constant is that of its store against a sink that keeps its temperature.
    die = min(divided.die_time_s / inner, _MOST_OF_THE_DIE * capacity)
    return (HeatNode(die, inner), HeatNode(capacity - die, whole - inner))


_MOST_OF_THE_DIE = 0.3
"""Of the whole heat capacity: a small cooler warms almost as fast as its die."""


def thermal_of_accelerator(given: Accelerator) -> Thermal:
    """The heat of a device given by numbers."""
    leakage: LeakageGrowth | None = given.leakage
    nodes = tuple(HeatNode(store.heat_capacity_j_per_k, store.resistance_k_per_w) for store in given.stores)
    return Thermal(
        resistance_k_per_w=_whole(given.resistance_k_per_w, [n.resistance_k_per_w for n in nodes]),
        heat_capacity_j_per_k=_whole(given.heat_capacity_j_per_k, [n.heat_capacity_j_per_k for n in nodes]),
        throttle_c=given.throttle_c,
        hysteresis_k=given.hysteresis_k,
        shutdown_c=given.shutdown_c,
        throttled_clock=given.throttled_clock_ratio,
        leakage=None
        if leakage is None
        else _leakage(leakage.reference_w, leakage.at_c, leakage.doubles_over_k),
        nodes=nodes,
        clock_steps=tuple(given.clock_steps_ratio),
        fan=_accelerator_fan(given.fan),
        power_cap_w=given.power_cap_w,
        caps=tuple(ClockCap(item.at_c, item.clock_ratio) for item in given.caps),
    )


@formula("thin_air")
def in_thin_air(thermal: Thermal, density_kg_per_m3: float) -> Thermal:
    """The same device in air of another density: less mass passes its outermost resistance, which rises.

    R (rho_0 / rho) ** m from 20 C and sea level. With one store the whole resistance is taken as one to the
    air, which is on the cautious side. Below 20 C nothing is gained: the stated resistance holds.
    """
    thinner = max(1.0, REFERENCE_KG_PER_M3 / density_kg_per_m3)
    fan = thermal.fan
    exponent = fan.exponent if fan else surroundings().thin_air.exponent.value
    fixed = fan.fixed_share if fan else 0.0
    rises = fixed + (1.0 - fixed) * thinner**exponent
    # What is fixed stays as it is, and so is a smaller share of the resistance that a slow fan raises.
    slower = replace(fan, fixed_share=fixed / rises) if fan else None
    if not thermal.nodes:
        return replace(thermal, resistance_k_per_w=thermal.resistance_k_per_w * rises, fan=slower)
    *inner, outer = thermal.nodes
    nodes = (*inner, replace(outer, resistance_k_per_w=outer.resistance_k_per_w * rises))
    whole = _whole(0.0, [node.resistance_k_per_w for node in nodes])
    return replace(thermal, nodes=nodes, resistance_k_per_w=whole, fan=slower)


def _whole(stated: float, parts: list[float]) -> float:
    """What is stated of the whole device; the exact sum where it is divided, whose parts may be rounded."""
    return sum(parts) if parts else stated


def _leakage(reference_w: float, at_c: float, doubles_over_k: float) -> Leakage:
    return Leakage(reference_w, at_c, math.log(2.0) / doubles_over_k)


def _part_fan(given: OwnFan | None) -> DeviceFan | None:
    if given is None:
        return None
    return DeviceFan(
        trips_c=tuple(trip.value for trip in given.trips_c),
        speeds=tuple(speed.value for speed in given.speeds_ratio),
        hysteresis_k=given.hysteresis_k.value,
        rated_w=given.rated_w.value,
        fixed_share=given.fixed_ratio.value if given.fixed_ratio else 0.0,
    )


def _accelerator_fan(given: AcceleratorFan | None) -> DeviceFan | None:
    if given is None:
        return None
    return DeviceFan(
        tuple(given.trips_c), tuple(given.speeds_ratio), given.hysteresis_k, given.rated_w, given.fixed_ratio
    )

"""Devices that serve conversations as a rack with heat, and whether heat can slow them down at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from planner.conversation.description import Serving
from planner.conversation.observed import HeatResult
from planner.conversation.results import ServingResult
from planner.latency.band import BandEnd
from planner.plan.conversation.power import device_air, device_thermal
from planner.plan.rack.rack_model import fixed_power_w, mode_of, supply_loss
from planner.plan.sizing.margins import Warmest
from planner.rack.description.rack import Batching, Rack, RackDevice, Service
from planner.rack.description.streams import StreamGroup
from planner.rack.heat.air import inlets_c
from planner.rack.heat.steady import steady
from planner.schema.hardware.device import Device
from planner.schema.scenario.scenario import Scenario

_LEAST_BUSY = 1e-6
_WORK_S = 0.1
"""Length of a piece of work in the load that a run starts settled at; only its share of time matters."""


def heat_rack(
    scenario: Scenario, device: Device, mode: str, count: int, racks: int, result: ServingResult
) -> Rack:
    """So many devices, settled at the load that a run without heat had.

    The load itself comes from the simulation of conversations; what is described here is only its mean, from
    which the temperatures of the start follow.
    """
    busy = min(1.0, max(_LEAST_BUSY, result.worked))
    run = scenario.simulation
    work = Service("work", (_WORK_S,), 1.0, result.dynamic_w / busy)
    return Rack(
        device=RackDevice(
            name=device.id,
            idle_w=mode_of(device, mode).idle_w.value,
            services=(work,),
            thermal=device_thermal(scenario, device, racks, count),
        ),
        count=count,
        streams=(StreamGroup("work", count, busy / _WORK_S, "work", _WORK_S),),
        batching=Batching(),
        dispatch="round_robin",
        air=device_air(scenario, device, racks, count),
        fan_w=fixed_power_w(scenario, device, mode, count, racks),
        duration_s=run.duration_s,
        warmup_s=run.warmup_s,
        seed=run.seed,
        supply_loss=supply_loss(scenario.site),
    )


def may_slow_down(rack: Rack, servings: Mapping[BandEnd, Serving]) -> bool:
    """Whether anything would lower a clock if all devices drew the most that any of their work does.

    Where not, a run with epochs gives the same times as one without, which takes a hundredth of the time.
    """
    thermal = rack.device.thermal
    most_w = rack.device.idle_w + max(map(most_dynamic_w, servings.values()))
    if thermal.power_cap_w is not None and most_w > thermal.power_cap_w:
        return True
    settled = steady(thermal, rack.air.supply_c, most_w)
    for _ in range(3):  # inlet, fan and leakage agree
        device_w = most_w + settled.fan_w + settled.leakage_w
        plug_w = rack.plug_w(rack.count * device_w)
        inlet_c = float(inlets_c(rack.air, np.full(rack.count, plug_w / rack.count)).max())
        settled = steady(thermal, inlet_c, most_w)
    return settled.die_c >= thermal.coolest_trip_c


def most_dynamic_w(serving: Serving) -> float:
    """The most that any work draws above idle: a step that uses all of the unit, or a frame."""
    cost = serving.cost
    step_w = min(cost.most_w, max(cost.none_w, cost.full_w))
    return max(step_w, *(frames.busy_w for frames in serving.frames), 0.0)


def heated(serving: Serving, rack: Rack) -> Serving:
    """The same devices with their heat."""
    return replace(serving, rack=rack)


def seen_warmest(seen: HeatResult, settled_c: float) -> Warmest:
    """As epochs saw them; one that throttled would have become as warm as the closed form says."""
    settled_c = max(seen.die_c, settled_c) if seen.throttled_share > 0 else seen.die_c
    return Warmest(seen.die_c, settled_c, seen.inlet_c, seen.exhaust_c)

"""An estimate held for an hour: one device from cold under its cooler, at the ends of what that may be."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from planner.plan.options.coolers import resistance_band, rise_band
from planner.plan.rack.heat import in_thin_air, thermal_of_part
from planner.plan.rack.rack_model import mode_of
from planner.rack.description.rack import RackDevice, Service
from planner.rack.heat.air import air_density_kg_per_m3
from planner.rack.heat.steady import with_capacity, with_resistance
from planner.rack.studies.soak import MINUTE_S, Soak, soak
from planner.schema.record.estimate import SoakEndRecord, SoakRecord

if TYPE_CHECKING:
    from planner.latency.result import Estimate
    from planner.schema.hardware.device import Device


SHORTEST_S = 2.0 * MINUTE_S
"""The least that has a first and a last minute."""
HIGHEST_M = 11_000.0
"""Where the troposphere ends, and with it the formula of the air's density."""


@dataclass(frozen=True, slots=True)
class SoakAnswer:
    """The soak with the cooler as stated, and at both ends of its range.

    At best the resistance is low and the heat capacity high, at worst the other way round.
    """

    part: Device
    ambient_c: float
    altitude_m: float
    power_w: float
    batch: int
    best: Soak
    planned: Soak
    worst: Soak


def soak_of(
    estimate: Estimate, part: Device, ambient_c: float, duration_s: float, altitude_m: float = 0.0
) -> SoakAnswer:
    """The part of an estimate, busy with its network all the time, from the ambient's temperature on."""
    mode, band = mode_of(part, estimate.mode), resistance_band(part.thermal)
    service = Service(
        network=estimate.model,
        batch_s=(estimate.latency_s.mid,),
        clocked_share=1.0 - estimate.bound.memory,
        busy_w=max(0.0, estimate.part_power_w.mid - mode.idle_w.value),
    )
    thermal = in_thin_air(thermal_of_part(part), air_density_kg_per_m3(ambient_c, altitude_m))
    unit = part.units[estimate.unit].kind
    device = RackDevice(part.id, mode.idle_w.value, (service,), thermal, unit=unit)
    # The best case has the lowest resistance and the heaviest store of heat, which warms slowest; the worst
    # the other ends of both. Both together are less likely than either end alone.
    light, heavy = rise_band(part.thermal)
    ends = ((band.low_k_per_w, heavy), (band.mid_k_per_w, 1.0), (band.high_k_per_w, light))
    best, planned, worst = (
        soak(
            replace(device, thermal=with_capacity(with_resistance(thermal, end / band.mid_k_per_w), ratio)),
            service,
            ambient_c,
            duration_s,
        )
        for end, ratio in ends
    )
    power_w = mode.idle_w.value + service.busy_w
    return SoakAnswer(part, ambient_c, altitude_m, power_w, estimate.batch, best, planned, worst)


def soak_record(answer: SoakAnswer) -> SoakRecord:
    """As JSON; rates are inferences a second."""
    thermal, band = answer.part.thermal, resistance_band(answer.part.thermal)
    return {
        "duration_s": answer.planned.duration_s,
        "ambient_c": answer.ambient_c,
        "altitude_m": answer.altitude_m,
        "power_w": answer.power_w,
        "cooler": thermal.cooler,
        "resistance_k_per_w": {"low": band.low_k_per_w, "mid": band.mid_k_per_w, "high": band.high_k_per_w},
        "status": band.status.value,
        "throttle_c": thermal.throttle_c.value,
        "best": _end(answer.best, answer.batch),
        "planned": _end(answer.planned, answer.batch),
        "worst": _end(answer.worst, answer.batch),
    }


def _end(found: Soak, batch: int) -> SoakEndRecord:
    return {
        "time_to_throttle_s": found.time_to_throttle_s,
        "shutdown_s": found.shutdown_s,
        "first_minute_per_s": batch * found.first_minute_per_s,
        "last_minute_per_s": batch * found.last_minute_per_s,
        "hottest_c": found.hottest_c,
        "throttled_share": found.throttled_share,
    }

"""How a rack heats as it fills: the settled state at each density, and where it stops being fine.

Every device keeps the load that it has in the rack described; only their number and the airflow change. The
state is that of the epochs of `planner.rack.heat.epoch`, run without requests until throttling has become a
cycle, and averaged over it: the same physics as a simulation, without its queues.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from planner.arrays import Flags, Floats
from planner.rack.description.checks import Checks
from planner.rack.description.life import NOTHING_HAPPENS
from planner.rack.description.rack import Air, Rack
from planner.rack.heat.air import passing_m3_per_s
from planner.rack.heat.epoch import HeatState, advance, initial_state, settled_at
from planner.rack.load.expected import ExpectedLoad, expected_load, offered_utilisation
from planner.wording.message import message

_SETTLING_TIME_CONSTANTS = 8.0
_MOST_EPOCHS = 4000
_STILL_K = 1e-9
"""A rack whose nodes all move less than this in an epoch, clocks and fans as they were, has settled."""


@dataclass(frozen=True, slots=True)
class DensityRow:
    """One density; names are the JSON keys of `planner density`.

    `temperature_rise_k` is that of the exhaust over the supply, less the offset of the airflow model where
    there is one; power is that of one device; throughput is of the whole rack; a share of one in `off_share`
    are devices that shut down.
    """

    devices: int
    inlet_c: float
    temperature_rise_k: float
    power_per_device_w: float
    throttled_share: float
    throughput_per_s: float
    device_c: float
    off_share: float
    airflow_m3_per_s: float


@dataclass(frozen=True, slots=True)
class RackSurroundings:
    """Surroundings of a rack of some number of devices: its air, and power of fans and carriers."""

    air: Air
    fan_w: float


def plugged_w(rack: Rack, devices_w: float, around: RackSurroundings) -> float:
    """Power at the plug while the devices draw this much in these surroundings."""
    return devices_w * (1.0 + rack.supply_loss) + around.fan_w


SurroundingsAt = Callable[[int], RackSurroundings]
"""What surrounds a rack at a number of devices."""

RowAt = Callable[[int], DensityRow]
"""The settled state at a number of devices."""


def settled_rows(rack: Rack, around: SurroundingsAt) -> RowAt:
    """The settled state at any count, each worked out once: a fan that hunts takes thousands of epochs."""
    loads = [expected_load(rack, clock) for clock in rack.device.thermal.clocks]
    served = [_served_per_device_s(rack, clock) for clock in rack.device.thermal.clocks]

    @functools.cache
    def at(count: int) -> DensityRow:
        return _row(rack, count, around(count), loads, served)

    return at


def density_rows(row_at: RowAt, counts: Sequence[int], *, offset_k: float = 0.0) -> tuple[DensityRow, ...]:
    """The settled state at each count; `offset_k` is that of the airflow model."""
    checks = Checks("density")
    checks.require(counts and min(counts) >= 1, "counts", "counts of one or more", list(counts))
    checks.finish()
    rows = (row_at(count) for count in counts)
    return tuple(replace(row, temperature_rise_k=row.temperature_rise_k - offset_k) for row in rows)


def _served_per_device_s(rack: Rack, clock: float) -> float:
    """Requests per second that one device answers at a clock: all, or what it can when saturated."""
    offered = sum(group.offered_per_s for group in rack.streams) / rack.count
    return offered / max(1.0, offered_utilisation(rack, clock))


def _row(
    rack: Rack,
    count: int,
    around: RackSurroundings,
    loads: Sequence[ExpectedLoad],
    served: Sequence[float],
) -> DensityRow:
    filled, air = _filled(rack, count, around), around.air
    thermal = filled.device.thermal
    dynamic_w, served_per_s = np.array([load.dynamic_w for load in loads]), np.array(served)
    time_constant_s = thermal.resistance_k_per_w * thermal.heat_capacity_j_per_k
    settling = round(_SETTLING_TIME_CONSTANTS * time_constant_s / filled.epoch_s)
    half = min(_MOST_EPOCHS, max(2, settling))
    state = initial_state(filled)
    sums, counted = np.zeros(7), 0
    for epoch in range(2 * half):
        step = state.clock_step
        heat, after = advance(filled, state, np.where(state.off, 0.0, dynamic_w[step]))
        still = _is_still(state, after)
        if epoch >= half or still:
            counted += 1
            inlet_c, power_w, throttled, device_c, off = _means(
                heat.inlet_c, heat.power_w, state.throttled, state.temperature_c, state.off
            )
            served_all_per_s = np.where(state.off, 0.0, served_per_s[step]).sum()
            rise_k = heat.exhaust_c - air.supply_c
            sums += (inlet_c, rise_k, power_w, throttled, served_all_per_s, device_c, off)
        if still:  # all further epochs are this one
            break
        state = after
    inlet_c, rise_k, power_w, throttled, throughput, device_c, off = (float(s) for s in sums / counted)
    return DensityRow(
        devices=count,
        inlet_c=inlet_c,
        temperature_rise_k=rise_k,
        power_per_device_w=power_w,
        throttled_share=throttled,
        throughput_per_s=throughput,
        device_c=device_c,
        off_share=off,
        airflow_m3_per_s=passing_m3_per_s(air, count) or air.airflow_m3_per_s,
    )


def _means(*of_devices: Floats | Flags) -> Floats:
    """The mean over the devices of each; one call for all, as each costs more than its additions."""
    return np.asarray(np.array(of_devices, dtype=np.float64).mean(axis=1))


def _is_still(before: HeatState, after: HeatState) -> bool:
    """Whether an epoch changed nothing: temperatures, clocks, fans, and which devices are off."""
    moved = [(before.temperature_c, after.temperature_c)]
    if before.inner_c is not None and after.inner_c is not None:
        moved.append((before.inner_c, after.inner_c))
    if before.enclosure_c is not None and after.enclosure_c is not None:
        moved.append((np.array([before.enclosure_c]), np.array([after.enclosure_c])))
    return all(float(np.abs(new - old).max(initial=0.0)) < _STILL_K for old, new in moved) and all(
        np.array_equal(old, new)
        for old, new in (
            (before.clock_step, after.clock_step),
            (before.fan, after.fan),
            (before.off, after.off),
        )
    )


def _filled(rack: Rack, count: int, around: RackSurroundings) -> Rack:
    """The rack with this many devices, each with the load that it had; sources send faster or slower."""
    share = count / rack.count
    streams = tuple(
        replace(group, rate_per_s=group.rate_per_s * share, jitter_s=0.0) for group in rack.streams
    )
    # Settled: nothing happens to its devices, and what spares draw is in the fixed power.
    still = replace(rack, life=NOTHING_HAPPENS)
    return replace(still, count=count, air=around.air, fan_w=around.fan_w, streams=streams)


@dataclass(frozen=True, slots=True)
class DensityLimit:
    """The most devices with which nothing is wrong, and what is wrong with one more."""

    devices: int
    reason: str


def density_limit(most: int, wrong_with: Callable[[int], str | None]) -> DensityLimit:
    """The largest count up to `most` without a reason against it, by bisection.

    `wrong_with` gives the reason against a count; once there is one, every larger count has one too (heat,
    power and room only grow).
    """
    reason = wrong_with(most)
    if reason is None:
        return DensityLimit(most, message("density.nothing", count=most))
    fine, wrong = 0, most
    while wrong - fine > 1:
        middle = (fine + wrong) // 2
        found = wrong_with(middle)
        if found is None:
            fine = middle
        else:
            wrong, reason = middle, found
    return DensityLimit(fine, reason)


def settled_hottest_c(rack: Rack, count: int, around: RackSurroundings) -> float:
    """Temperature at which the warmest device settles at full clock, at the load of the rack described."""
    return float(settled_at(_filled(rack, count, around), 1.0).max())


def heat_reason(rack: Rack, count: int, around: RackSurroundings, margin_k: float = 0.0) -> str | None:
    """Why this many devices are too warm, at the load of the rack described; None where they are not.

    `margin_k` is how far they have to stay from the temperature at which they throttle.
    """
    throttle_c, hottest_c = rack.device.thermal.throttle_c, settled_hottest_c(rack, count, around)
    if hottest_c < throttle_c - margin_k:
        return None
    throttle = f"{throttle_c:g}"
    if margin_k and hottest_c < throttle_c:
        left = f"{throttle_c - hottest_c:.1f}"
        asked = f"{margin_k:g}"
        return message("density.heat_margin", count=count, left=left, asked=asked, throttle=throttle)
    return message("density.heat", count=count, temperature=f"{hottest_c:.1f}", throttle=throttle)

"""One epoch of heat in the whole rack: power, air, temperature, and who throttles or shuts down after it.

Any engine that knows how much energy each device put into serving during an epoch gets the same answer from
here. Over an epoch power and inlet are constant; the inlet is the one that the epoch's own heat makes, so
that a strong recirculation cannot oscillate from epoch to epoch. The rack's own fans heat every inlet's air
alike.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from planner.arrays import Flags, Floats
from planner.formulas import formula
from planner.rack.description.rack import Rack, RackDevice, Thermal
from planner.rack.heat.air import (
    exhaust_c,
    heat_rate_w_per_k,
    inlets_c,
    unheated_c,
    warming_matrix_k_per_w,
)
from planner.rack.heat.cabinet import enclosure_after_c
from planner.rack.heat.governor import clock_ratio, next_fan_level, next_step
from planner.rack.heat.ladder import (
    Indices,
    exact_step,
    fan_levels,
    fan_w,
    leakage_w,
    loop_gain,
    settled_c,
    settled_nodes_c,
)
from planner.rack.load.expected import expected_load

# Far below what is printed, far above the rounding of a temperature (1e-14 of it).
_SETTLED_K = 1e-9
# Each round shrinks the error by the loop gain; near runaway that is close to one, and the bound ends it.
_ROUNDS = 10_000


@dataclass(frozen=True, slots=True, eq=False)
class HeatState:
    """What carries over from epoch to epoch, one row a device.

    `temperature_c` is the die's; `inner_c` has the nodes behind it, none where the device is one node.
    `step` counts clock steps below full clock, `fan_level` is that of the device's own fan; left out, they
    are the first step where throttled, and the lowest level.
    """

    temperature_c: Floats
    throttled: Flags
    off: Flags
    inner_c: Floats | None = None
    step: Indices | None = None
    fan_level: Indices | None = None
    enclosure_c: float | None = None
    """The inside of a closed cabinet that stores heat; None of any other rack."""

    @property
    def clock_step(self) -> Indices:
        """Index of each device's clock in `Thermal.clocks`."""
        return self.throttled.astype(np.intp) if self.step is None else self.step

    @property
    def fan(self) -> Indices:
        """Level of each device's own fan."""
        return np.zeros(self.off.shape, dtype=np.intp) if self.fan_level is None else self.fan_level

    def nodes_c(self, thermal: Thermal) -> Floats:
        """All nodes, die first; those not given are as warm as the die."""
        if self.inner_c is None:
            return np.repeat(self.temperature_c[:, None], max(1, len(thermal.nodes)), axis=1)
        return np.column_stack((self.temperature_c, self.inner_c))

    def clock(self, thermal: Thermal) -> Floats:
        """Clock ratio of each device in the coming epoch, zero where it is off."""
        return np.where(self.off, 0.0, clock_ratio(thermal, self.clock_step))


@dataclass(frozen=True, slots=True, eq=False)
class EpochHeat:
    """What held during one epoch: power (own fan included) and inlet of each device, mixed exhaust."""

    power_w: Floats
    inlet_c: Floats
    exhaust_c: float
    enclosure_w: float = 0.0
    """What a closed cabinet itself took up of the heat."""


@formula("thermal_ladder")
def advance(rack: Rack, state: HeatState, dynamic_w: Floats) -> tuple[EpochHeat, HeatState]:
    """The epoch that begins in a state with this mean power above idle on each device, and the state after.

    Leakage is taken at the temperature at the start of the epoch. A device that is off draws nothing and
    cools.
    """
    thermal = rack.device.thermal
    added_w = leakage_w(thermal, state.temperature_c) + fan_w(thermal, state.fan)
    # Leakage is that of the start: against time constants of a minute it hardly moves in an epoch of 1 s.
    power_w = np.where(state.off, 0.0, rack.device.idle_w + added_w + dynamic_w)
    inlet_c, nodes_c, released_w = _breathed(rack, state, power_w)
    lost_w = rack.supply_loss * float(power_w.sum())
    heat_w = float(released_w.sum()) + lost_w + rack.fan_w
    temperature_c = nodes_c[:, 0]
    throttled, off, step = _governed(rack.device, state, temperature_c, power_w, dynamic_w)
    level = next_fan_level(thermal, temperature_c, state.fan)
    inner_c = nodes_c[:, 1:] if thermal.nodes else None
    inside_c, kept_w = _stored(rack, state.enclosure_c, heat_w)
    after = HeatState(temperature_c, throttled, off, inner_c, step, level, inside_c)
    # What the enclosure keeps does not leave: the mean exhaust carries the rest.
    return EpochHeat(power_w, inlet_c, exhaust_c(rack.air, heat_w - kept_w), kept_w), after


def _stored(rack: Rack, inside_c: float | None, heat_w: float) -> tuple[float | None, float]:
    """The inside of a cabinet after an epoch, and the mean power that it took up; nothing of other racks."""
    if inside_c is None:
        return None, 0.0
    after_c = enclosure_after_c(rack.air, inside_c, heat_w, rack.epoch_s)
    return after_c, rack.air.stored_j_per_k * (after_c - inside_c) / rack.epoch_s


def _governed(
    device: RackDevice, state: HeatState, temperature_c: Floats, power_w: Floats, dynamic_w: Floats
) -> tuple[Flags, Flags, Indices | None]:
    """Who is throttled, who is off, and the clock steps after an epoch that ends with these temperatures.

    Where nothing changes, the state's own arrays: who asks sees by `is` that there is nothing to look at.
    """
    thermal, before = device.thermal, state.clock_step
    hot = temperature_c >= thermal.shutdown_c
    # A shutdown from heat lasts: nothing in a run switches such a device on again.
    off = state.off | hot if hot.any() else state.off
    step = next_step(device, temperature_c, power_w, dynamic_w, before)
    if step is before and off is state.off:
        return state.throttled, off, state.step
    step = np.where(off, 0, step)
    return step > 0, off, step


def _breathed(rack: Rack, state: HeatState, power_w: Floats) -> tuple[Floats, Floats, Floats]:
    """The inlets that agree with the heat that the devices give to the air over one epoch; the nodes after
    it, and that heat.

    Implicit in the inlet: that of the epoch before would oscillate under strong recirculation. All is linear
    in it: the epoch is stepped as if no inlet were warmed, and then moved by what they are warmed.
    """
    start_c, count = state.nodes_c(rack.device.thermal), rack.installed
    inside_c = state.enclosure_c
    unheated_inlet_c = unheated_c(rack.air, count) if inside_c is None else np.full(count, inside_c)
    thermal, first = rack.device.thermal, int(state.fan[0])
    followed: Floats
    if (state.fan == first).all():  # all devices at one level of their fans: no parts to put together
        step = exact_step(thermal, rack.epoch_s, first)
        nodes_c = step.nodes_c(start_c, unheated_inlet_c, power_w)
        released_w = step.released_w(start_c, nodes_c, power_w)
        followed, withheld_w_per_k = step.followed, np.full(count, step.withheld_w_per_k)
    else:
        nodes_c, released_w = np.empty_like(start_c), np.empty(count)
        followed, withheld_w_per_k = np.empty_like(start_c), np.empty(count)
        for level in np.unique(state.fan):
            step, devices = exact_step(thermal, rack.epoch_s, int(level)), state.fan == level
            own_c, own_w = start_c[devices], power_w[devices]
            end_c = step.nodes_c(own_c, unheated_inlet_c[devices], own_w)
            nodes_c[devices] = end_c
            released_w[devices] = step.released_w(own_c, end_c, own_w)
            followed[devices] = step.followed
            withheld_w_per_k[devices] = step.withheld_w_per_k
    if inside_c is not None:
        # A closed cabinet is stepped once an epoch: its devices breathe the air of the start.
        return unheated_inlet_c, nodes_c, released_w
    # The supply's loss follows the power drawn: unlike a device's heat it is taken to reach the air at once.
    heats_w = released_w + rack.supply_loss * power_w + rack.fan_w / count
    warmed_k = _warmed_k(rack, heats_w, withheld_w_per_k)
    # One number for all inlets, or one for each: then a column against the nodes of each device.
    column_k = warmed_k if isinstance(warmed_k, float) else warmed_k[:, None]
    moved_c = nodes_c + column_k * followed
    return unheated_inlet_c + warmed_k, moved_c, released_w - warmed_k * withheld_w_per_k


def initial_state(rack: Rack) -> HeatState:
    """Where the run starts: at the inlets of an unloaded rack, or thermally settled at the offered load.

    Settled below the trip is the fixed point of power, leakage and recirculated air. Past it, devices that
    stay at or above the trip even when throttled start there; those that would swing across it, run away or
    shut down start at the trip, throttled, and the run shows what follows. A device fan starts at the level
    that the temperature asks for.
    """
    thermal, count = rack.device.thermal, rack.installed
    none_off = np.zeros(count, dtype=np.bool_)
    if rack.initial == "cold":
        cold_c = unheated_c(rack.air, count)
        inside_c = float(cold_c[0]) if rack.air.stored_j_per_k else None
        return HeatState(cold_c, none_off, none_off, _evenly(thermal, cold_c), enclosure_c=inside_c)
    # Two balances, at full and at the slowest clock, tell which of the three cases a device is in.
    full_c, full_level = _settled(rack, 1.0)
    throttled_c, slow_level = _settled(rack, thermal.throttled_clock)
    throttled = full_c >= thermal.throttle_c
    stays = (throttled_c >= thermal.throttle_c) & (throttled_c < thermal.shutdown_c)
    die_c = np.where(throttled, np.where(stays, throttled_c, thermal.throttle_c), full_c)
    slowest = len(thermal.clocks) - 1
    # A device that stays at the trip has stepped all the way down; one that swings has just begun to.
    step = np.where(stays, slowest, 1) * throttled
    tripped_level = next_fan_level(thermal, die_c, np.zeros(count, dtype=np.intp))
    level = np.where(throttled, np.where(stays, slow_level, tripped_level), full_level)
    inlets_settled_c = _settled_inlets_c(rack, die_c, level)
    nodes_c = settled_nodes_c(thermal, inlets_settled_c, die_c, level)
    inner_c = nodes_c[:, 1:] if thermal.nodes else None
    inside_c = float(inlets_settled_c.mean()) if rack.air.stored_j_per_k else None
    return HeatState(die_c, throttled, none_off, inner_c, step.astype(np.intp), level, inside_c)


def _evenly(thermal: Thermal, die_c: Floats) -> Floats | None:
    return np.repeat(die_c[:, None], len(thermal.nodes) - 1, axis=1) if thermal.nodes else None


def _settled_inlets_c(rack: Rack, die_c: Floats, level: Indices) -> Floats:
    """The inlets of a rack that has settled with these dies: each gives (die - inlet) / R to the air."""
    thermal, count = rack.device.thermal, rack.installed
    by_level = [exact_step(thermal, 1.0, n).settled_k_per_w[0] for n in range(fan_levels(thermal))]
    conductance = 1.0 / np.array(by_level)[level]
    unheated = unheated_c(rack.air, count)
    # What a settled device gives to the air is what it draws; the supply's share goes with it.
    conductance = conductance * (1.0 + rack.supply_loss)
    heats_w = (die_c - unheated) * conductance + rack.fan_w / count
    return np.asarray(unheated + _warmed_k(rack, heats_w, conductance))


def _warmed_k(rack: Rack, heats_w: Floats, withheld_w_per_k: Floats) -> Floats | float:
    """How much warmer each inlet is, x = D (h - w x), where device i gives h_i - w_i x_i to the air.

    Even recirculation warms all inlets alike: one unknown, x = d (sum of h - x sum of w) with d kelvin for
    each watt of all. Exhaust that rises and devices in a row take the whole system, N x N.
    """
    air = rack.air
    if air.alike:
        warming_k_per_w = air.recirculation / heat_rate_w_per_k(air)
        return float(warming_k_per_w * heats_w.sum() / (1.0 + warming_k_per_w * withheld_w_per_k.sum()))
    matrix = warming_matrix_k_per_w(air, heats_w.size)
    return np.asarray(np.linalg.solve(np.eye(heats_w.size) + matrix * withheld_w_per_k, matrix @ heats_w))


def settled_at(rack: Rack, clock: float) -> Floats:
    """Temperatures at which heat in and out balance at a clock and the expected load; at most the shutdown's.

    The iteration rises from the cold rack to the lowest balance; where leakage has none below the shutdown
    (thermal runaway), the shutdown temperature is the answer. A device fan turns as the temperature asks; one
    that would hunt between two levels is taken at the higher.
    """
    temperature_c, _ = _settled(rack, clock)
    return temperature_c


def _settled(rack: Rack, clock: float) -> tuple[Floats, Indices]:
    """The temperatures, and the level of each device's fan there."""
    serving = np.arange(rack.installed) < rack.count
    served_w = np.asarray(
        rack.device.idle_w + serving * expected_load(rack, clock).dynamic_w, dtype=np.float64
    )
    level = np.zeros(rack.installed, dtype=np.intp)
    while True:
        temperature_c = _settled_at_levels(rack, served_w, level)
        # One level at a time: what a still fan would settle at asks for more than is needed. A level never
        # falls here, so that a fan that would hunt between two ends the search at the higher.
        faster = next_fan_level(rack.device.thermal, temperature_c, level) > level
        if not faster.any():
            return temperature_c, level
        level = level + faster


def _settled_at_levels(rack: Rack, served_w: Floats, level: Indices) -> Floats:
    """The lowest balance with every device's fan at its level."""
    thermal = rack.device.thermal
    temperature_c = unheated_c(rack.air, rack.installed)
    for _ in range(_ROUNDS):
        power_w = served_w + leakage_w(thermal, temperature_c) + fan_w(thermal, level)
        inlet_c = inlets_c(rack.air, power_w * (1.0 + rack.supply_loss) + rack.fan_w / rack.installed)
        # Exponential leakage overflows within a few rounds of a runaway; the shutdown ends it, as it does in
        # a device.
        warmer_c = np.minimum(settled_c(thermal, inlet_c, power_w, level), thermal.shutdown_c)
        if np.max(np.abs(warmer_c - temperature_c)) < _SETTLED_K:
            break
        temperature_c = warmer_c
    return temperature_c


@formula("runaway_margin")
def runaway_margin(rack: Rack, temperature_c: Floats, level: Indices | None = None) -> float | None:
    """One less the largest loop gain of temperature and leakage in the rack; none where leakage is unknown.

    Near one, leakage hardly matters; at zero or below, the temperature has no balance and runs away. A watt
    of every device warms every inlet, so the gain is that of the matrix (R + D) dP_leak/dT: its spectral
    radius.
    """
    thermal = rack.device.thermal
    if thermal.leakage is None:
        return None
    level = np.zeros(rack.installed, dtype=np.intp) if level is None else level
    own = loop_gain(thermal, temperature_c, level)
    leaked_w_per_k = thermal.leakage.per_k * leakage_w(thermal, temperature_c)
    plugged = 1.0 + rack.supply_loss
    if rack.air.alike:
        # A diagonal plus equal rows: the largest row sum bounds the spectral radius, and is equal to it where
        # all dies are alike.
        shared = rack.air.recirculation / heat_rate_w_per_k(rack.air) * leaked_w_per_k.sum() * plugged
        return 1.0 - float(own.max() + shared)
    gains = np.diag(own) + warming_matrix_k_per_w(rack.air, rack.installed) * leaked_w_per_k * plugged
    return 1.0 - float(np.abs(np.linalg.eigvals(gains)).max())

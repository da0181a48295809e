"""Which station a new request joins: the rules of `planner.rack.reference.dispatch`, without looking at every
station twice.

The shortest queue is found in a tree in the logarithm of the stations; least energy looks at every station.
"""

from __future__ import annotations

import numpy as np

from planner.rack.compiled.jit import compiled
from planner.rack.compiled.state import (
    CLOSED,
    LEAST_ENERGY,
    NONE,
    NPU_FIRST,
    OFF,
    PINNED,
    POWER_OF_TWO,
    ROUND_ROBIN,
    Bits,
    LoopState,
)
from planner.rack.compiled.tree import first_least


@compiled
def choose_station(state: LoopState, network: int, request: int, source: int) -> int:
    """The station for a request of a source; NONE where all devices that could serve it are off."""
    run, rules = state.run[0], state.networks[network]
    if run.rule == PINNED:
        pinned: int = state.routes[state.home[source]]
        return pinned
    emptiest = emptiest_lane(state, network)
    least = state.loads[emptiest, 1]
    # Loads are below CLOSED, those of closed stations between CLOSED and OFF: one number tells open, closed
    # and off.
    if least >= OFF:
        return NONE
    # Closed stations are taken only where no open one is left that serves the network.
    bound = CLOSED if least < CLOSED else OFF
    first = state.lane_order[rules.first_lane]
    if run.rule == LEAST_ENERGY:
        return cheapest(state, network, bound)
    if run.rule == ROUND_ROBIN:
        # Rules that go round look at all lanes of a network as one ring; its first lane keeps the place.
        station = next_open(state, network, bound, state.lanes[first].last)
        state.lanes[first].last = station
    elif run.rule == POWER_OF_TWO:
        station = emptier_of_two(state, network, bound, request)
        state.lanes[first].last = station
    else:
        lane = first_lane_not_full(state, network, emptiest) if run.rule == NPU_FIRST else emptiest
        # Ties go round: the search begins behind the station that was taken last, else station 0 would get
        # every request of an empty rack.
        following = state.lanes[lane].last + 1
        station = first_least(state.loads[lane], following if following < run.unit_stations else 0)
        state.lanes[lane].last = station
    return station


@compiled
def emptiest_lane(state: LoopState, network: int) -> int:
    """The lane of a network with the shortest queue, of equals the first."""
    rules = state.networks[network]
    best: int = state.lane_order[rules.first_lane]
    for order in range(rules.first_lane + 1, rules.last_lane):
        lane = state.lane_order[order]
        if state.loads[lane, 1] < state.loads[best, 1]:
            best = lane
    return best


@compiled
def first_lane_not_full(state: LoopState, network: int, emptiest: int) -> int:
    """The first lane of a network whose shortest queue is below the mark; the emptiest where none is."""
    rules = state.networks[network]
    for order in range(rules.first_lane, rules.last_lane):
        lane: int = state.lane_order[order]
        if state.loads[lane, 1] < state.lanes[lane].spill_at:
            return lane
    return emptiest


@compiled
def takes(state: LoopState, network: int, bound: int, station: int) -> bool:
    """Whether a station serves a network and has a load under a bound."""
    entry = state.stations[station]
    may: bool = entry.load < bound and state.allowed[network, entry.lane]
    return may


@compiled
def next_open(state: LoopState, network: int, bound: int, station: int) -> int:
    """The next station, cyclically, that is open; one that is merely on where none is open."""
    stations = state.run[0].unit_stations
    # It ends, because the caller has found a station under the bound.
    station = (station + 1) % stations
    while not takes(state, network, bound, station):
        station = (station + 1) % stations
    return station


@compiled
def mixed(mixing: Bits, number: int) -> np.uint64:
    """64 random bits for a number; see `planner.rack.arrivals.random_bits.mixed`."""
    # Unsigned numbers wrap at 2^64 by themselves; the twin in Python masks.
    bits: np.uint64 = mixing[0] + np.uint64(number + 1) * mixing[1]
    bits = (bits ^ (bits >> np.uint64(30))) * mixing[2]
    bits = (bits ^ (bits >> np.uint64(27))) * mixing[3]
    return bits ^ (bits >> np.uint64(31))


@compiled
def emptier_of_two(state: LoopState, network: int, bound: int, request: int) -> int:
    """Of two stations drawn at random the one with the lower load, of equals the first drawn."""
    stations = np.uint64(state.run[0].unit_stations)
    bits = mixed(state.mixing, request)
    # Both halves of one draw are independent. The remainder favours low stations by less than stations /
    # 2^32. One less, because `next_open` begins with the station behind.
    one = next_open(state, network, bound, int((bits >> np.uint64(32)) % stations) - 1)
    other = next_open(state, network, bound, int((bits & np.uint64(0xFFFFFFFF)) % stations) - 1)
    return other if state.stations[other].load < state.stations[one].load else one


@compiled
def cheapest(state: LoopState, network: int, bound: int) -> int:
    """The open station at which a request adds least energy, of those the shortest, of those the first."""
    best, best_j, best_load = NONE, 0.0, 0
    for station in range(state.run[0].unit_stations):
        if not takes(state, network, bound, station):
            continue
        load = state.stations[station].load
        # What waits beyond full batches; the new request makes that batch one larger.
        filled = state.waiting_of[station, network] % state.networks[network].max_size
        batch_s = state.batch_s[state.servers[station].unit, network]
        # The first of a new batch pays for all of it, with the fixed cost; later ones only for what they add.
        added_s = batch_s[filled] - (batch_s[filled - 1] if filled else 0.0)
        added_j = added_s * state.slow[station, network] * state.busy_w[station, network]
        # Equal energies are common (like devices at one clock); then the shorter queue wins, then the lower
        # station.
        if best == NONE or added_j < best_j or (added_j == best_j and load < best_load):
            best, best_j, best_load = station, added_j, load
    return best

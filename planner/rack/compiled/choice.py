"""Which room a new request joins: the rules of `planner.rack.dispatch`, without looking at every room twice.

The shortest queue is found in a tree in the logarithm of the rooms; least energy looks at every room.
"""

from __future__ import annotations

import numpy as np

from planner.rack.compiled.jit import compiled
from planner.rack.compiled.state import (
    CLOSED,
    LEAST_ENERGY,
    NONE,
    OFF,
    POWER_OF_TWO,
    ROUND_ROBIN,
    Bits,
    Ints,
    State,
)
from planner.rack.compiled.tree import first_least


@compiled
def choose_room(state: State, network: int, request: int) -> int:
    """The room for a request; NONE where all devices of its part are off."""
    rule = state.run[0].rule
    part = state.networks[network].part
    loads = state.loads[part]
    if loads[1] >= OFF:
        return NONE
    if rule == LEAST_ENERGY:
        return cheapest(state, network, loads)
    if rule == ROUND_ROBIN:
        room = next_open(state, loads, state.parts[part].last)
    elif rule == POWER_OF_TWO:
        room = emptier_of_two(state, loads, request)
    else:
        following = state.parts[part].last + 1
        room = first_least(loads, following if following < len(state.rooms) else 0)
    state.parts[part].last = room
    return room


@compiled
def next_open(state: State, loads: Ints, room: int) -> int:
    """The next room in turn that is open, or only on where none is open."""
    rooms, size = len(state.rooms), len(loads) // 2
    bound = CLOSED if loads[1] < CLOSED else OFF
    room = (room + 1) % rooms
    while loads[size + room] >= bound:
        room = (room + 1) % rooms
    return room


@compiled
def mixed(mixing: Bits, number: int) -> np.uint64:
    """64 random bits for a number; see `planner.rack.chance.mixed`."""
    bits: np.uint64 = mixing[0] + np.uint64(number + 1) * mixing[1]
    bits = (bits ^ (bits >> np.uint64(30))) * mixing[2]
    bits = (bits ^ (bits >> np.uint64(27))) * mixing[3]
    return bits ^ (bits >> np.uint64(31))


@compiled
def emptier_of_two(state: State, loads: Ints, request: int) -> int:
    """Of two rooms drawn at random the one with the lower load, of equals the first drawn."""
    rooms, size = len(state.rooms), len(loads) // 2
    bits = mixed(state.mixing, request)
    one = next_open(state, loads, int((bits >> np.uint64(32)) % np.uint64(rooms)) - 1)
    other = next_open(state, loads, int((bits & np.uint64(0xFFFFFFFF)) % np.uint64(rooms)) - 1)
    return other if loads[size + other] < loads[size + one] else one


@compiled
def cheapest(state: State, network: int, loads: Ints) -> int:
    """The open room at which a request adds least energy, of those the shortest, of those the first."""
    size = len(loads) // 2
    bound = CLOSED if loads[1] < CLOSED else OFF
    best, best_j, best_load = NONE, 0.0, 0
    for room in range(len(state.rooms)):
        load = loads[size + room]
        if load >= bound:
            continue
        filled = state.waiting_of[room, network] % state.run[0].max_size
        added_s = state.batch_s[network, filled] - (state.batch_s[network, filled - 1] if filled else 0.0)
        added_j = added_s * state.slow[room, network] * state.busy_w[room, network]
        if best == NONE or added_j < best_j or (added_j == best_j and load < best_load):
            best, best_j, best_load = room, added_j, load
    return best

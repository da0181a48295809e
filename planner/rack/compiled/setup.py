"""The state in which a run begins."""

from __future__ import annotations

import numpy as np

from planner.rack.arrivals import group_of_source
from planner.rack.chance import GOLDEN, MIX_1, MIX_2, dispatch_key
from planner.rack.compiled import state as s
from planner.rack.compiled.tree import leaf_count, tournament
from planner.rack.description import Rack
from planner.rack.latencies import BINS
from planner.rack.rooms import networks_of, part_of_room, parts_of_networks, room_of_device

_RULES = {
    "shortest_queue": s.SHORTEST_QUEUE,
    "central_queue": s.SHORTEST_QUEUE,
    "round_robin": s.ROUND_ROBIN,
    "power_of_two": s.POWER_OF_TWO,
    "least_energy": s.LEAST_ENERGY,
}
_OVERFLOWS = {"drop_oldest": s.DROP_OLDEST, "drop_newest": s.DROP_NEWEST, "skip_frame": s.SKIP_FRAME}


def begin(rack: Rack, replication: int, window_start_s: float) -> s.State:
    """All devices unplugged and nothing in the rack; the settings that change are not filled in yet."""
    rooms = len(part_of_room(rack))
    networks = networks_of(rack)
    nodes = np.zeros(s.DEPTHS * rack.count, dtype=s.NODE)
    s.chain_free(nodes, 0)
    groups = _groups(rack, networks)
    sources = group_of_source(rack).size
    return s.State(
        run=_run(rack, window_start_s),
        devices=_devices(rack),
        rooms=_rooms(rack),
        parts=_parts(rack),
        queues=_filled(s.QUEUE, (rooms, len(rack.streams)), head=s.NONE, tail=s.NONE),
        nodes=nodes,
        groups=groups,
        networks=_networks(rack, networks),
        group_order=np.argsort(groups["network"], kind="stable").astype(np.int64),
        waiting_of=np.zeros((rooms, len(networks)), dtype=np.int64),
        in_rack=np.zeros(sources, dtype=np.int64),
        loads=np.full((int(part_of_room(rack).max()) + 1, 2 * leaf_count(rooms)), s.OFF, dtype=np.int64),
        completion_s=np.full(leaf_count(rack.count), np.inf),
        completion_order=np.arange(leaf_count(rack.count)),
        completion_winner=tournament(rack.count),
        fire_s=np.full(leaf_count(rooms), np.inf),
        fire_order=np.arange(leaf_count(rooms)),
        fire_winner=tournament(rooms),
        batch_s=np.array(
            [rack.device.service(network).batch_s[: rack.batching.max_size] for network in networks]
        ),
        slow=np.ones((rack.count, len(networks))),
        busy_w=np.zeros((rack.count, len(networks))),
        latency_counts=np.zeros((len(rack.streams), BINS), dtype=np.int64),
        latency_sums_s=np.zeros((len(rack.streams), BINS)),
        mixing=np.array([dispatch_key(rack.seed, replication), GOLDEN, MIX_1, MIX_2], dtype=np.uint64),
    )


def _filled(dtype: np.dtype[np.void], shape: int | tuple[int, ...], **values: object) -> s.Rows:
    rows = np.zeros(shape, dtype=dtype)
    for name, value in values.items():
        rows[name] = value
    return rows


def _run(rack: Rack, window_start_s: float) -> s.Rows:
    return _filled(
        s.RUN,
        1,
        window_start_s=window_start_s,
        arrival_s=np.inf,
        rule=_RULES[rack.dispatch],
        max_size=rack.batching.max_size,
    )


def _devices(rack: Rack) -> s.Rows:
    return _filled(s.DEVICE, rack.count, room=room_of_device(rack), head=s.NONE, next_idle=s.NONE)


def _rooms(rack: Rack) -> s.Rows:
    parts = part_of_room(rack)
    return _filled(
        s.ROOM, len(parts), part=parts, load=s.OFF, idle_head=s.NONE, idle_tail=s.NONE, expiry_s=np.inf
    )


def _parts(rack: Rack) -> s.Rows:
    rooms = part_of_room(rack)
    return _filled(s.PART, int(rooms.max()) + 1, last=len(rooms) - 1)


def _groups(rack: Rack, networks: tuple[str, ...]) -> s.Rows:
    limits = [s.OFF if group.queue_limit is None else group.queue_limit for group in rack.streams]
    return _filled(
        s.GROUP,
        len(rack.streams),
        network=[networks.index(group.network) for group in rack.streams],
        priority=[group.priority for group in rack.streams],
        limit=limits,
        overflow=[_OVERFLOWS[group.overflow] for group in rack.streams],
    )


def _networks(rack: Rack, networks: tuple[str, ...]) -> s.Rows:
    sizes = [sum(group.network == network for group in rack.streams) for network in networks]
    last = np.cumsum(sizes)
    return _filled(
        s.NETWORK, len(networks), first=last - sizes, last=last, part=parts_of_networks(rack, networks)
    )

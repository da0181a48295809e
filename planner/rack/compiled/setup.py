"""The state in which a run begins."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np

from planner.arrays import Floats, Ints
from planner.rack.arrivals.merged import group_of_source
from planner.rack.arrivals.random_bits import GOLDEN, MIX_1, MIX_2, bits_below, dispatch_key, error_key
from planner.rack.arrivals.service_draws import (
    first_shared,
    first_state,
    normal_table,
    outlier_below,
    replay_start,
    service_key,
)
from planner.rack.compiled import state as s
from planner.rack.compiled.tree import leaf_count, tournament
from planner.rack.counts.latencies import BINS
from planner.rack.description.rack import Rack
from planner.rack.description.variation import Replayed, Variation
from planner.rack.load.expected import placement_of
from planner.rack.load.service_variation import variations, weights_of
from planner.rack.load.topology import HOST, INFERENCE, POOLS, Topology, networks_of, paths_of

_RULES = {
    "shortest_queue": s.SHORTEST_QUEUE,
    # One station a lane: the shortest of one queue is that queue.
    "central_queue": s.SHORTEST_QUEUE,
    "round_robin": s.ROUND_ROBIN,
    "power_of_two": s.POWER_OF_TWO,
    "least_energy": s.LEAST_ENERGY,
    "npu_first": s.NPU_FIRST,
    "pinned": s.PINNED,
}
_OVERFLOWS = {"drop_oldest": s.DROP_OLDEST, "drop_newest": s.DROP_NEWEST, "skip_frame": s.SKIP_FRAME}


def begin(rack: Rack, topology: Topology, replication: int, window_start_s: float) -> s.LoopState:
    """All devices unplugged and nothing in the rack; the settings that change are not filled in yet."""
    stations = topology.unit_stations
    networks = networks_of(rack)
    # Places of pools seldom have a queue of their own; what is short grows.
    nodes = np.zeros(s.DEPTHS * rack.count * rack.device.instances + topology.servers, dtype=s.NODE)
    s.chain_free(nodes, 0)
    groups = _groups(rack, networks)
    sources = group_of_source(rack).size
    path_pool, path_s = _paths(rack)
    key = service_key(rack.seed, replication, rack.service_draw)
    variation, replayed = _variation(
        rack, networks, key, replication, topology.unit_servers // rack.installed
    )
    return s.LoopState(
        run=_run(rack, topology, window_start_s),
        servers=_servers(rack, topology, key),
        stations=_stations(topology),
        # As if the last station had just been taken: the first search begins at station 0.
        lanes=_filled(s.LANE, topology.lanes, last=stations - 1, spill_at=topology.spill_at),
        queues=_filled(s.QUEUE, (topology.station_lane.size, len(rack.streams)), head=s.NONE, tail=s.NONE),
        nodes=nodes,
        groups=groups,
        networks=_networks(rack, networks, topology),
        # Stable, so that groups of one network stay in the order of the scenario.
        group_order=np.argsort(groups["network"], kind="stable").astype(np.int64),
        waiting_of=np.zeros((topology.station_lane.size, len(networks)), dtype=np.int64),
        in_rack=np.zeros(sources, dtype=np.int64),
        home=placement_of(rack).home if rack.dispatch == "pinned" else np.zeros(sources, dtype=np.int64),
        routes=np.arange(stations),
        lane_order=np.array([lane for lanes in topology.lanes_of for lane in lanes], dtype=np.int64),
        allowed=np.array([[lane in lanes for lane in range(topology.lanes)] for lanes in topology.lanes_of]),
        path_pool=path_pool,
        path_s=path_s,
        pool_station=np.ascontiguousarray(topology.pool_station, dtype=np.int64),
        pool_w=_pool_w(rack),
        # Leaves that only fill up the power of two, and stations of other lanes, stay OFF and are never the
        # least.
        loads=np.full((topology.lanes, 2 * leaf_count(stations)), s.OFF, dtype=np.int64),
        completion_s=np.full(leaf_count(topology.servers), np.inf),
        completion_order=np.arange(leaf_count(topology.servers)),
        completion_winner=tournament(topology.servers),
        fire_s=np.full(leaf_count(stations), np.inf),
        fire_order=np.arange(leaf_count(stations)),
        fire_winner=tournament(stations),
        batch_s=_batch_s(rack, networks),
        slow=np.ones((topology.unit_servers, len(networks))),
        busy_w=np.zeros((topology.unit_servers, len(networks))),
        latency_counts=np.zeros((len(rack.streams), BINS), dtype=np.int64),
        latency_sums_s=np.zeros((len(rack.streams), BINS)),
        updated=np.zeros(rack.installed, dtype=np.bool_),
        watched=np.zeros(rack.installed, dtype=np.bool_),
        mixing=np.array([dispatch_key(rack.seed, replication), GOLDEN, MIX_1, MIX_2], dtype=np.uint64),
        mixing_errors=np.array([error_key(rack.seed, replication), GOLDEN, MIX_1, MIX_2], dtype=np.uint64),
        mixing_service=np.array([key, GOLDEN, MIX_1, MIX_2], dtype=np.uint64),
        variation=variation,
        normals=normal_table() if rack.varies else np.zeros(1),
        replayed=replayed,
    )


def _variation(
    rack: Rack, networks: tuple[str, ...], key: int, replication: int, units: int
) -> tuple[s.Rows, Floats]:
    """How each network's service times scatter on each unit, and all factors that are replayed."""
    rows = np.zeros((len(rack.device.units), len(networks)), dtype=s.VARIATION)
    factors: list[float] = []
    for unit, services in enumerate(variations(rack, networks)):
        for network, given in enumerate(services):
            row = rows[unit, network]
            if isinstance(given, Replayed):
                row["length"], row["first"] = len(given.factors), len(factors)
                row["start"] = replay_start(rack, key, replication, len(given.factors))
                factors += given.factors
            elif isinstance(given, Variation):
                weights = asdict(weights_of(given, units))
                for name in ("outlier_enters", "outlier_stays"):
                    row[name] = outlier_below(weights.pop(name))
                row["draws"] = 1
                for name, value in weights.items():
                    row[name] = value
    return rows, np.array(factors)


def _batch_s(rack: Rack, networks: tuple[str, ...]) -> Floats:
    """Service times by unit, network and batch size; zeros where a unit does not serve a network."""
    table = np.zeros((len(rack.device.units), len(networks), rack.batching.max_size))
    for index, unit in enumerate(rack.device.units):
        for number, network in enumerate(networks):
            service = unit.service(network)
            if service is not None:
                # Sizes beyond the largest batch are known but never asked for.
                table[index, number] = service.batch_s[: rack.batching.max_size]
    return table


def _paths(rack: Rack) -> tuple[Ints, Floats]:
    paths = paths_of(rack)
    shape = (len(paths), max(map(len, paths)))
    pool, time_s = np.full(shape, s.NONE, dtype=np.int64), np.zeros(shape)
    for group, path in enumerate(paths):
        for stage, step in enumerate(path):
            pool[group, stage], time_s[group, stage] = step
    return pool, time_s


def _pool_w(rack: Rack) -> Floats:
    power_w = np.zeros(len(POOLS))
    if rack.device.host is not None:
        power_w[HOST] = rack.device.host.core_w
    return power_w


def _filled(dtype: np.dtype[np.void], shape: int | tuple[int, ...], **values: object) -> s.Rows:
    rows = np.zeros(shape, dtype=dtype)
    for name, value in values.items():
        rows[name] = value
    return rows


def _run(rack: Rack, topology: Topology, window_start_s: float) -> s.Rows:
    update = rack.life.update
    return _filled(
        s.RUN,
        1,
        late_after_s=update.late_after_s if update else np.inf,
        failing_below=bits_below(update.error_ratio) if update else 0,
        window_start_s=window_start_s,
        arrival_s=np.inf,
        rule=_RULES[rack.dispatch],
        unit_stations=topology.unit_stations,
        units=topology.unit_servers // rack.installed,
        contention=rack.device.contention,
        varies=rack.varies,
    )


def _servers(rack: Rack, topology: Topology, key: int) -> s.Rows:
    servers = range(topology.servers) if rack.varies else ()
    begun = np.array([first_state(key, server) for server in servers]).reshape(-1, 2)
    return _filled(
        s.SERVER,
        topology.servers,
        station=topology.server_station,
        device=topology.server_device,
        unit=topology.server_unit,
        head=s.NONE,
        next_idle=s.NONE,
        slow=begun[:, 0] if rack.varies else 0.0,
        fast=begun[:, 1] if rack.varies else 0.0,
        shared=[first_shared(key, int(device)) for device in topology.server_device] if rack.varies else 0.0,
    )


def _stations(topology: Topology) -> s.Rows:
    return _filled(
        s.ROOM,
        topology.station_lane.size,
        lane=topology.station_lane,
        device=topology.station_device,
        load=s.OFF,
        idle_head=s.NONE,
        idle_tail=s.NONE,
        expiry_s=np.inf,
    )


def _groups(rack: Rack, networks: tuple[str, ...]) -> s.Rows:
    # No queue grows as long as OFF, so it stands for no limit.
    limits = [s.OFF if group.queue_limit is None else group.queue_limit for group in rack.streams]
    return _filled(
        s.GROUP,
        len(rack.streams),
        network=[networks.index(group.network) for group in rack.streams],
        priority=[group.priority for group in rack.streams],
        limit=limits,
        overflow=[_OVERFLOWS[group.overflow] for group in rack.streams],
        unit_s=[group.unit_s for group in rack.streams],
        inference=[path.index((INFERENCE, 0.0)) for path in paths_of(rack)],
        stages=[len(path) for path in paths_of(rack)],
    )


def _networks(rack: Rack, networks: tuple[str, ...], topology: Topology) -> s.Rows:
    sizes = [sum(group.network == network for group in rack.streams) for network in networks]
    last = np.cumsum(sizes)
    lanes = [len(lanes) for lanes in topology.lanes_of]
    last_lane = np.cumsum(lanes)
    return _filled(
        s.NETWORK,
        len(networks),
        first=last - sizes,
        last=last,
        first_lane=last_lane - lanes,
        last_lane=last_lane,
    )

"""The state of a run as arrays: what each holds, one row a thing, and how it begins.

A request that is in the rack is a row of `nodes`. Rows that wait in the same queue, that are served in the
same batch, or that are free are chained by `next`, and -1 ends a chain; so nothing is allocated while the
loop runs. A queue is the chain of one stream group's requests in one station, oldest first. Servers, stations
and lanes are those of `planner.rack.load.topology`; all are numbered as in the reference engine, and every
rule is the same as there.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from planner.arrays import Flags, Floats, Ints

Bits = NDArray[np.uint64]
Rows = NDArray[np.void]

NONE = -1
# OFF + CLOSED + any number of requests stays within a signed 64-bit number.
OFF = 1 << 60
CLOSED = 1 << 40
"""Added to the load of a station that is closed to new requests; one without device has the load `OFF`."""

SHORTEST_QUEUE, ROUND_ROBIN, POWER_OF_TWO, LEAST_ENERGY, NPU_FIRST, PINNED = range(6)
DROP_OLDEST, DROP_NEWEST, SKIP_FRAME = range(3)
DEPTHS = 64
"""Nodes to begin with for each instance of a unit; more are added when they run out."""

RUN = np.dtype(
    [
        ("now_s", "f8"),
        ("window_start_s", "f8"),  # end of the warm-up; what follows is counted
        ("arrival_s", "f8"),  # when the next request arrives; infinite after the last
        ("cursor", "i8"),  # its index in the piece of arrivals
        ("epoch", "i8"),  # row of the epoch in `Epochs`
        ("arrived", "i8"),  # requests so far, and so the number of the next
        ("in_system", "i8"),
        ("waiting", "i8"),
        ("in_system_s", "f8"),  # integral of in_system over the epoch
        ("waiting_s", "f8"),
        ("free", "i8"),  # first free node
        ("begun", "i8"),  # batches begun so far
        ("gone", "i8"),  # requests served or dropped so far
        ("completed", "i8"),  # of the window: requests served, batches begun, requests in these
        ("batches", "i8"),
        ("batched", "i8"),
        ("spent_s", "f8"),  # of the window: time of requests in the rack and waiting, of batches, energy
        ("waited_s", "f8"),
        ("served_s", "f8"),
        ("served_j", "f8"),
        ("rule", "i8"),  # of dispatch
        ("unit_stations", "i8"),  # stations before units; those of pools come after them
        ("units", "i8"),  # of one device; its unit servers are numbered one after another
        ("contention", "f8"),  # share of a batch's time for each other unit at work
        ("varies", "i8"),  # whether service times scatter
        ("late_after_s", "f8"),  # of a new model; requests that watched devices infer in the epoch, and of
        ("answered", "i8"),  # these the late ones and those that come to nothing
        ("late", "i8"),
        ("failed", "i8"),
        ("failing_below", "u8"),  # bits drawn for a request at which a new model fails
        ("revision", "i8"),
    ],
    align=True,
)

SERVER = np.dtype(
    [
        ("station", "i8"),
        ("device", "i8"),
        ("unit", "i8"),  # NONE for a server of a pool
        ("head", "i8"),  # of the chain of requests in service
        ("size", "i8"),  # of the batch; 0 when idle
        ("start_s", "f8"),  # of the batch
        ("power_w", "f8"),  # above idle
        ("busy_since_s", "f8"),  # start of the batch or of the epoch, whichever is later
        ("busy_s", "f8"),  # of the epoch
        ("dynamic_j", "f8"),
        ("next_idle", "i8"),  # the server that takes the next batch after this one
        ("slow", "f8"),  # state of its slow and its fast process of service times
        ("fast", "f8"),
        ("late", "i8"),  # whether its last batch was an outlier
        ("draws", "i8"),  # batches that drew from them
        ("shared", "f8"),  # of the first unit of a device: state of what its units share, and its steps
        ("shared_draws", "i8"),
    ],
    align=True,
)

ROOM = np.dtype(
    [
        ("lane", "i8"),  # NONE for the station of a pool
        ("device", "i8"),
        ("load", "i8"),  # requests on their way, waiting and in service, plus CLOSED; or OFF
        ("closed", "i8"),
        ("waiting", "i8"),
        ("servers_on", "i8"),
        ("idle_head", "i8"),  # the server idle longest; NONE without any
        ("idle_tail", "i8"),
        ("expiry_s", "f8"),  # when the oldest request has waited enough; infinite when nobody watches
    ],
    align=True,
)

LANE = np.dtype([("last", "i8"), ("spill_at", "i8")], align=True)

QUEUE = np.dtype([("head", "i8"), ("tail", "i8"), ("length", "i8")])

NODE = np.dtype(
    [
        ("arrival_s", "f8"),
        ("since_s", "f8"),  # when it began to wait
        ("work", "f8"),
        ("request", "i8"),
        ("next", "i8"),
        ("group", "i4"),
        ("source", "i4"),
        ("station", "i4"),  # before the unit that it was sent to
        ("stage", "i4"),  # of its path
    ],
    align=True,
)

GROUP = np.dtype(
    [
        ("network", "i8"),
        ("priority", "i8"),
        ("limit", "i8"),
        ("overflow", "i8"),
        ("admitted", "i8"),
        ("unit_s", "f8"),  # that each request adds to its batch
        ("inference", "i8"),  # the stage of the path that a unit serves
        ("stages", "i8"),
        ("served", "i8"),  # of the window, like dropped
        ("dropped", "i8"),
    ],
    align=True,
)

NETWORK = np.dtype(
    [
        ("first", "i8"),  # its groups are group_order[first:last]
        ("last", "i8"),
        ("first_lane", "i8"),  # its lanes are lane_order[first_lane:last_lane]
        ("last_lane", "i8"),
        ("max_wait_s", "f8"),
        ("max_size", "i8"),
        ("slowest_s", "f8"),  # of the epoch
        ("replayed", "i8"),  # batches that took a replayed time
    ],
    align=True,
)

VARIATION = np.dtype(
    [
        ("draws", "i8"),  # whether factors are drawn
        ("length", "i8"),  # of the replayed factors; 0 where there are none
        ("first", "i8"),
        ("start", "i8"),  # the one that this replication begins with
        ("slow_weight", "f8"),  # standard deviation of log service by its parts
        ("slow_keeps", "f8"),
        ("slow_takes", "f8"),
        ("fast_weight", "f8"),
        ("fast_keeps", "f8"),
        ("fast_takes", "f8"),
        ("noise_weight", "f8"),
        ("shift", "f8"),  # log of what divides the factor by its mean
        ("outlier_enters", "u8"),  # the last bits drawn for an outlier are below, behind another batch
        ("outlier_stays", "u8"),  # and behind an outlier
        ("outlier", "f8"),
        ("outlier_spread", "f8"),
        ("shared_weight", "f8"),  # of what the units of a device have in common
        ("shared_keeps", "f8"),
        ("shared_takes", "f8"),
    ],
    align=True,
)


class LoopState(NamedTuple):
    """All arrays of a run; `run` has a single row."""

    run: Rows
    servers: Rows
    stations: Rows
    lanes: Rows
    queues: Rows  # [station, group]
    nodes: Rows
    groups: Rows
    networks: Rows
    group_order: Ints  # groups, network after network
    waiting_of: Ints  # [station, network]: requests that wait
    in_rack: Ints  # of each source
    home: Ints  # of each source: the station that it is pinned to
    routes: Ints  # [station]: where what is pinned to it goes; NONE where it is lost
    lane_order: Ints  # lanes, network after network
    allowed: Flags  # [network, lane]
    path_pool: Ints  # [group, stage]: a pool, or NONE for the unit
    path_s: Floats  # [group, stage]
    pool_station: Ints  # [device, pool]
    pool_w: Floats  # of each pool
    loads: Ints  # [lane, node]: tree of the loads of the stations
    completion_s: Floats  # of each server; infinite when idle
    completion_order: Ints
    completion_winner: Ints  # tournament of the servers
    fire_s: Floats  # of each station: when its expiry comes
    fire_order: Ints
    fire_winner: Ints  # tournament of the stations
    batch_s: Floats  # [unit, network, size - 1]: service time at full clock
    slow: Floats  # [server, network], of units
    busy_w: Floats  # [server, network], of units
    latency_counts: Ints  # [group, bin]
    latency_sums_s: Floats
    updated: Flags  # [device]: has a new model
    watched: Flags  # [device]: what it infers is measured
    mixing: Bits  # key and constants of the draws for dispatch
    mixing_errors: Bits  # the same of the draws for what a new model fails at
    mixing_service: Bits  # the same of the draws for service times
    variation: Rows  # [unit, network]
    normals: Floats  # quantiles of the normal distribution
    replayed: Floats  # factors of service times in their order, network after network


CONSTANT = frozenset(
    {
        "path_pool",
        "path_s",
        "batch_s",
        "mixing",
        "mixing_errors",
        "mixing_service",
        "variation",
        "normals",
        "replayed",
    }
)
"""Arrays that no run changes: copies of the state share them."""


class Piece(NamedTuple):
    """A piece of the arrivals."""

    time_s: Floats
    stream: NDArray[np.int32]
    source: NDArray[np.int32]
    work: Floats


class Epochs(NamedTuple):
    """Epochs that are run one after another, and what is measured in each; they are the first axis of all."""

    end_s: Floats
    dynamic_j: Floats  # [epoch, server]
    busy_s: Floats
    waiting_s: Floats
    in_system_s: Floats
    arrived: Ints  # up to its end
    slowest_s: Floats  # [epoch, network]
    waiting_at: Ints  # [epoch, station]
    trials: Ints  # [epoch, 3]: answered, late, failed


def epochs_until(ends_s: Floats, state: LoopState) -> Epochs:
    """Epochs that end then, nothing measured yet."""
    count = len(ends_s)
    return Epochs(
        end_s=ends_s,
        dynamic_j=np.zeros((count, len(state.servers))),
        busy_s=np.zeros((count, len(state.servers))),
        waiting_s=np.zeros(count),
        in_system_s=np.zeros(count),
        arrived=np.zeros(count, dtype=np.int64),
        slowest_s=np.zeros((count, len(state.networks))),
        waiting_at=np.zeros((count, len(state.stations)), dtype=np.int64),
        trials=np.zeros((count, 3), dtype=np.int64),
    )


def chain_free(nodes: Rows, first: int) -> None:
    """Chain all nodes from the first one on as free."""
    nodes["next"][first:-1] = np.arange(first + 1, len(nodes))
    nodes["next"][-1] = NONE

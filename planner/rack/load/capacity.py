"""What the units, hosts and copy engines of a rack can carry, and how a load divides itself among them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from planner.arrays import Floats
from planner.formulas import formula
from planner.rack.description.rack import Rack
from planner.rack.load.topology import (
    INFERENCE,
    networks_of,
    parts_of_devices,
    parts_of_networks,
    paths_of,
    topology_of,
)


@dataclass(frozen=True, slots=True, eq=False)
class Sharing:
    """How units share a load at best: the busy share of the busiest one, and requests a second of each
    network on each kind of unit of one part, `[network, unit]`.
    """

    busiest: float
    rates_per_s: Floats


@formula("unit_sharing")
def shared_among_units(rates_per_s: Floats, time_s: Floats, servers: Floats) -> Sharing:
    """The sharing that keeps the busiest kind of unit least busy.

    `rates_per_s[n]` are asked of each network, `time_s[n, u]` one request of it takes on a unit (infinite
    where the unit does not serve it), `servers[u]` is how many units of a kind there are. At or above one no
    sharing carries the load (a linear programme; exact for full batches).
    """
    networks, units = time_s.shape
    if units == 1:
        return Sharing(float((rates_per_s * time_s[:, 0]).sum() / servers[0]), rates_per_s[:, None])
    may = np.isfinite(time_s)
    # Infinite times mean "not here": their variables are bounded to zero instead.
    work_s = np.where(may, time_s, 0.0)
    size = networks * units
    # Variables: the rate of network n on unit u at n * units + u, and z, the busiest share, last. Each
    # network's rates add up to what is asked of it.
    given = np.hstack((np.kron(np.eye(networks), np.ones(units)), np.zeros((networks, 1))))
    taken = np.zeros((units, size + 1))
    for unit in range(units):
        taken[unit, unit:size:units] = work_s[:, unit]
        # Work on a kind of unit is at most z times its number: sum of rate x time - z x servers <= 0.
        taken[unit, -1] = -servers[unit]
    bounds = [(0.0, None if allowed else 0.0) for allowed in may.ravel()]
    from scipy.optimize import linprog

    found = linprog(
        np.eye(size + 1)[-1],
        A_ub=taken,
        b_ub=np.zeros(units),
        A_eq=given,
        b_eq=rates_per_s,
        bounds=[*bounds, (0.0, None)],
    )
    best = np.asarray(found.x, dtype=np.float64)
    return Sharing(float(best[-1]), best[:-1].reshape(networks, units))


def pool_busy(rack: Rack) -> tuple[float, ...]:
    """The busy share of each pool (cores, copies, decoders, scalers) in the busiest part; empty where none is
    used.
    """
    sizes = topology_of(rack).pool_sizes
    if not sizes:
        return ()
    networks = networks_of(rack)
    parts = parts_of_networks(rack, networks)
    devices = devices_of_parts(rack)
    busy = np.zeros((len(devices), len(sizes)))
    for group, path in zip(rack.streams, paths_of(rack), strict=True):
        for pool, time_s in path:
            if pool != INFERENCE:
                part = parts[networks.index(group.network)]
                # Utilisation law: rate times service time over servers.
                busy[part, pool] += group.offered_per_s * time_s / (sizes[pool] * devices[part])
    return tuple(float(share) for share in busy.max(axis=0))


def devices_of_parts(rack: Rack) -> list[int]:
    """How many devices each part of the rack has, spares not among them."""
    return [int(devices) for devices in np.bincount(parts_of_devices(rack)[: rack.count])]

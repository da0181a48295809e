"""Which device each source has for good where dispatch is `pinned`: placed by load, the heaviest first.

The longest-processing-time rule: every source in turn goes to the unit that is least loaded with it. The
busiest unit is then loaded at most 4/3 - 1/(3 n) times as much as under the best placement on n like units
(Graham, Bounds on multiprocessing timing anomalies, SIAM J. Appl. Math. 17, 1969).
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter

import numpy as np

from planner.arrays import Floats, Ints
from planner.formulas import formula


@dataclass(frozen=True, slots=True, eq=False)
class StreamPlacement:
    """The station of each source, sources counted through all groups, and the load of each station."""

    home: Ints
    load: Floats


@formula("pinned_placement")
def placed(
    loads: Sequence[Sequence[float]], lanes_of: Sequence[Sequence[int]], station_lane: Ints
) -> StreamPlacement:
    """Sources on stations: `loads[s][i]` is the load of source s in the i-th of its lanes, `lanes_of[s]`.

    Equal loads go to the lowest station, and of equal sources the first is placed first.
    """
    queues: dict[int, list[tuple[float, int]]] = {}
    for station, lane in enumerate(station_lane.tolist()):
        queues.setdefault(lane, []).append((0.0, station))
    home = np.zeros(len(loads), dtype=np.int64)
    load = np.zeros(station_lane.size)
    # Sorting is stable: the same racks are placed alike whatever machine they run on.
    for source in sorted(range(len(loads)), key=lambda s: -min(loads[s])):
        # Each lane keeps its stations in a heap, so the least loaded one is at its top.
        options = zip(loads[source], lanes_of[source], strict=True)
        added, lane = min(((queues[lane][0][0] + more, lane) for more, lane in options), key=itemgetter(0))
        _, station = queues[lane][0]
        heapq.heapreplace(queues[lane], (added, station))
        home[source], load[station] = station, added
    return StreamPlacement(home, load)

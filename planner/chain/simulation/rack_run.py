"""The rack's own run beside the frames of chains: as often as it has something new to say.

Cameras at fixed intervals ask for the same work in every replication; only their phases differ, and with
them how full batches get. Where a rack stays far below every temperature at which a clock changes, and
nothing else happens to its devices, the replications that the plan asks for say what heats it. Those that
are added to settle a verdict have nothing to add to that: their rack is not run again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from planner.rack.arrivals.periodic import is_plain
from planner.rack.counts.tally import RunTally, tally_records
from planner.rack.description.rack import Rack
from planner.rack.run.records import EpochRow
from planner.rack.simulation import SimulationEngine

_FAR_K = 10.0
"""Below a temperature that changes clocks: more than phases move a die."""
_NEAR_CAP = 0.95
"""The same of a cap on power."""


@dataclass(frozen=True, slots=True, eq=False)
class ChainRackRun:
    """What a replication of the rack counted, and its epochs."""

    tally: RunTally
    rows: tuple[EpochRow, ...]


class RackRuns:
    """Replications of racks, one rack at a time: so many for its heat, else as many as it asks for."""

    def __init__(self, most: int | None = None) -> None:
        self._most = most
        self._rack: Rack | None = None
        self._cool: dict[int, ChainRackRun] = {}

    def run(self, rack: Rack, engine: SimulationEngine, replication: int) -> ChainRackRun:
        """A replication; beyond those that the rack asks for, one of these where they stay cool."""
        own = replication % (self._most or rack.replications)
        if own == replication or not _like_each_other(rack):
            found = _run(rack, engine, replication)
            self._keep(rack, own, found)
            return found
        if self._rack is not rack or own not in self._cool:
            # Another process may have run it.
            self._keep(rack, own, _run(rack, engine, own))
        kept = self._cool.get(own)
        if kept is None:
            return _run(rack, engine, replication)
        return ChainRackRun(replace(kept.tally, replication=replication), kept.rows)

    def _keep(self, rack: Rack, own: int, found: ChainRackRun) -> None:
        if self._rack is not rack:
            self._rack, self._cool = rack, {}
        if _stays_cool(rack, found):
            self._cool[own] = found


def _like_each_other(rack: Rack) -> bool:
    """Whether replications differ in nothing but the phases of cameras."""
    plain = all(is_plain(group) for group in rack.streams)
    return plain and rack.life.quiet and not rack.policies and not rack.varies


def _stays_cool(rack: Rack, run: ChainRackRun) -> bool:
    thermal = rack.device.thermal
    lowest_c = min([thermal.throttle_c, *(cap.at_c for cap in thermal.caps)])
    hottest_c = max(float(row.temperature_c.max()) for row in run.rows)
    most_w = max(float(row.power_w.max()) for row in run.rows)
    if thermal.power_cap_w is not None and most_w > _NEAR_CAP * thermal.power_cap_w:
        return False
    first = run.rows[0]
    same = all(
        np.array_equal(row.clock, first.clock) and np.array_equal(row.out, first.out) for row in run.rows
    )
    return same and hottest_c + _FAR_K <= lowest_c


def _run(rack: Rack, engine: SimulationEngine, replication: int) -> ChainRackRun:
    rows: list[EpochRow] = []
    if engine == "compiled":
        from planner.rack.compiled import engine as compiled_engine

        tally = compiled_engine.run_replication(rack, replication, rows.append)
    else:
        from planner.rack.reference import engine as simpy_engine

        tally = tally_records(rack, simpy_engine.run_replication(rack, replication, rows.append))
    return ChainRackRun(tally, tuple(rows))

"""What an engine measures in an epoch, server by server, and what becomes of it device by device."""

from __future__ import annotations

from dataclasses import dataclass

from planner.arrays import Floats, Ints
from planner.rack.load.topology import Topology
from planner.rack.run.rolling_update import Trial

NOTHING_SEEN = Trial()


@dataclass(frozen=True, slots=True, eq=False)
class Measures:
    """What an engine measured in an epoch.

    For each device mean power above idle, busy share of its units, and how many requests wait at its units,
    cores and copies in the end; busy cores and copy engines of all hosts; mean numbers of requests waiting
    and in the rack; requests that arrived; for each network the longest latency of those answered; what
    watched devices have inferred.
    """

    dynamic_w: Floats
    busy_share: Floats
    host_busy: float
    copy_busy: float
    waiting: float
    in_system: float
    arrived: int
    slowest_s: Floats
    queued: Ints
    trial: Trial = NOTHING_SEEN


@dataclass(frozen=True, slots=True, eq=False)
class ServerSums:
    """Sums over each of some epochs, which are the first axis of all arrays.

    `dynamic_j` and `busy_s` are of each server, `waiting_s` and `in_system_s` of the rack; `slowest_s` is of
    each network; `waiting_at` counts who waits in each station in the end.
    """

    length_s: Floats
    dynamic_j: Floats
    busy_s: Floats
    waiting_s: Floats
    in_system_s: Floats
    arrived: list[int]
    slowest_s: Floats
    waiting_at: Ints
    trials: list[Trial]

    def by_device(self, topology: Topology) -> list[Measures]:
        """Epoch by epoch what each device did; all epochs at once cost little more than one."""
        length_s = self.length_s[:, None]
        served_w, host_w, copied_w = topology.per_device(self.dynamic_j / length_s)
        busy, host_busy, copy_busy = topology.per_device(self.busy_s / length_s)
        dynamic_w = served_w + host_w + copied_w
        busy_share = busy / (topology.unit_servers // topology.count)
        queued = topology.queued(self.waiting_at)
        return [
            Measures(*values)
            for values in zip(
                dynamic_w,
                busy_share,
                host_busy.sum(axis=1).tolist(),
                copy_busy.sum(axis=1).tolist(),
                (self.waiting_s / self.length_s).tolist(),
                (self.in_system_s / self.length_s).tolist(),
                self.arrived,
                self.slowest_s,
                queued,
                self.trials,
                strict=True,
            )
        ]

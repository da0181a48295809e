"""Which devices have a new model, which are watched, what it fails at: as the reference engine asks."""

from __future__ import annotations

import math
from collections.abc import Sequence

from planner.rack.arrivals.random_bits import bits_below, error_key, mixed
from planner.rack.description.rack import Rack
from planner.rack.load.topology import Topology
from planner.rack.reference.recorder import Recorder
from planner.rack.reference.requests import Requests
from planner.rack.run.epoch_control import Steering

_NONE: frozenset[int] = frozenset()


class NewModel:
    """The new model of a rolling update, in its state until the next epoch ends."""

    def __init__(
        self, rack: Rack, topology: Topology, replication: int, requests: Requests, recorder: Recorder
    ) -> None:
        update = rack.life.update
        self._requests, self._recorder = requests, recorder
        self._unit_servers = topology.unit_servers
        self._device: list[int] = topology.server_device.tolist()
        self._failing_below = bits_below(update.error_ratio) if update else 0
        self._key = error_key(rack.seed, replication)
        self._late_after_s = update.late_after_s if update else math.inf

    def take_settings(self, steering: Steering) -> None:
        """What holds until the next epoch ends."""
        self._updated: list[bool] = steering.updated.tolist()
        self._watched: list[bool] = steering.watched.tolist()

    def examine(self, server: int, members: Sequence[int], now_s: float) -> frozenset[int]:
        """The requests that it has failed at, of those that a server has done with; notes what is watched."""
        device = self._device[server]
        # Only what a unit infers can fail by a new model; servers of pools are numbered behind all units.
        if not (self._updated[device] and server < self._unit_servers):
            return _NONE
        failed = frozenset(request for request in members if mixed(self._key, request) < self._failing_below)
        if self._watched[device]:
            for request in members:
                late = now_s - self._requests.arrival_s[request] > self._late_after_s
                self._recorder.watch(late=late, failed=request in failed)
        return failed

"""How long a server of the reference engine takes, and what it draws meanwhile."""

from __future__ import annotations

import math
from collections.abc import Sequence

from planner.rack.arrivals.random_bits import mixed
from planner.rack.arrivals.service_draws import (
    BATCH_BITS,
    OUTLIER_MASK,
    SHARED,
    first_shared,
    first_state,
    normal_table,
    outlier_below,
    outlier_normal,
    replay_start,
    service_key,
)
from planner.rack.description.rack import Rack
from planner.rack.description.variation import Replayed
from planner.rack.load.service_variation import Weights, variations, weights_of
from planner.rack.load.topology import HOST, NONE, Topology, networks_of
from planner.rack.run.epoch_control import Steering


class ServiceRates:
    """Service times and powers of all servers, under the settings that hold until the next epoch ends."""

    def __init__(self, rack: Rack, topology: Topology, replication: int, steering: Steering) -> None:
        services = [[unit.service(network) for network in networks_of(rack)] for unit in rack.device.units]
        self._batch_s = [[service.batch_s if service else () for service in row] for row in services]
        self._unit_s = [group.unit_s for group in rack.streams]
        self._server_unit: list[int] = topology.server_unit.tolist()
        self._contention = rack.device.contention
        self._core_w = rack.device.host.core_w if rack.device.host else 0.0
        units = topology.unit_servers // rack.installed
        self._siblings = [
            list(range(server // units * units, (server // units + 1) * units))
            for server in range(topology.unit_servers)
        ]
        self._rack = rack
        self._variation = variations(rack, networks_of(rack))
        self._key, self._replication = service_key(rack.seed, replication, rack.service_draw), replication
        self._replayed = [0] * len(networks_of(rack))
        servers = topology.unit_servers if rack.varies else 0
        self._states = [list(first_state(self._key, server)) for server in range(servers)]
        self._draws = [0] * servers
        self._late = [False] * servers
        self._units = units
        devices = rack.installed if rack.varies else 0
        self._shared = [first_shared(self._key, device) for device in range(devices)]
        self._shared_draws = [0] * devices
        self._normals: list[float] = normal_table().tolist() if rack.varies else []
        self.take_settings(steering)

    def take_settings(self, steering: Steering) -> None:
        """What holds until the next epoch ends."""
        self._slow: list[list[float]] = steering.slow.tolist()
        self._busy_w: list[list[float]] = steering.busy_w.tolist()

    def is_unit(self, server: int) -> bool:
        """Whether a server is a compute unit and not a core or a copy engine."""
        return self._server_unit[server] != NONE

    def batch(
        self, server: int, network: int, groups: Sequence[int], serving: Sequence[Sequence[int]]
    ) -> tuple[float, float]:
        """Time of a batch of requests of these stream groups, and power above idle meanwhile.

        `serving` says what each server works on: other units of the device at work slow this one down.
        """
        full_clock_s = self._batch_s[self._server_unit[server]][network][len(groups) - 1]
        # Summed in the order of the batch, as in the compiled engine: another order may round to another
        # float.
        added_s = 0.0
        for group in groups:
            added_s += self._unit_s[group]
        # The server itself serves nothing yet.
        others = sum(1 for sibling in self._siblings[server] if serving[sibling])
        stretch = 1.0 + self._contention * others
        service_s = (full_clock_s + added_s) * self._slow[server][network] * stretch
        return service_s, self._busy_w[server][network]

    def scatter(self, server: int, network: int) -> float:
        """The factor on the service time of the batch that a unit begins: replayed, drawn, or one."""
        given = self._variation[self._server_unit[server]][network]
        if given is None:
            return 1.0
        if isinstance(given, Replayed):
            taken = self._replayed[network]
            self._replayed[network] += 1
            start = replay_start(self._rack, self._key, self._replication, len(given.factors))
            return given.factors[(start + taken) % len(given.factors)]
        weights, state, normals = weights_of(given, self._units), self._states[server], self._normals
        bits = mixed(self._key, (server << BATCH_BITS) + self._draws[server])
        self._draws[server] += 1
        # Two autoregressive processes of order one and a noise of its own, with variance one each, make the
        # logarithm of the factor; the shift leaves its mean at one. Twelve bits of the draw choose a normal
        # from a table.
        state[0] = weights.slow_keeps * state[0] + weights.slow_takes * normals[bits >> 52]
        state[1] = weights.fast_keeps * state[1] + weights.fast_takes * normals[(bits >> 40) & 0xFFF]
        noise = normals[(bits >> 28) & 0xFFF]
        log = weights.slow_weight * state[0] + weights.fast_weight * state[1] + weights.noise_weight * noise
        if weights.shared_weight > 0.0:
            log += weights.shared_weight * self._shared_state(server // self._units, weights)
        factor = math.exp(log - weights.shift)
        # Outliers come in runs: a chain of two states, entered and left with chances of their own.
        chance = weights.outlier_stays if self._late[server] else weights.outlier_enters
        below = outlier_below(chance)
        self._late[server] = bits & OUTLIER_MASK < below
        if self._late[server]:
            factor *= weights.outlier
            if weights.outlier_spread > 0.0:
                factor *= math.exp(weights.outlier_spread * normals[outlier_normal(bits, below)])
        return factor

    def _shared_state(self, device: int, weights: Weights) -> float:
        """What the units of a device share, one step on."""
        bits = mixed(self._key, ((SHARED + device) << BATCH_BITS) + self._shared_draws[device])
        self._shared_draws[device] += 1
        before, normal = self._shared[device], self._normals[bits >> 52]
        self._shared[device] = weights.shared_keeps * before + weights.shared_takes * normal
        return self._shared[device]

    def step_w(self, pool: int) -> float:
        """Power above idle of a step in a pool."""
        return self._core_w if pool == HOST else 0.0

    def added_j(self, server: int, network: int, filled: int) -> float:
        """Energy that one more request adds at a unit: that of the batch it helps to fill, without others in
        its way.
        """
        batch_s = self._batch_s[self._server_unit[server]][network]
        added_s = batch_s[filled] - (batch_s[filled - 1] if filled else 0.0)
        return added_s * self._slow[server][network] * self._busy_w[server][network]

"""How batches scatter about the time of their network: factors drawn before the run, a row for each queue.

The process is the rack's (`planner.rack.description.variation`), with a memory for each network and device.
"""

from __future__ import annotations

import numpy as np

from planner.arrays import Floats
from planner.chain.simulation.work import Tables
from planner.rack.description.rack import Rack
from planner.rack.description.variation import Replayed, Variation
from planner.rack.load.service_variation import weights_of

FACTORS = 4096
"""Batches of a queue after which its factors begin again."""
_KEY = 1 << 21


def scatter_of(rack: Rack, tables: Tables, replication: int) -> Floats:
    """Factors of each device, queue and batch in turn, their mean one; ones where nothing scatters."""
    given = [_variation(rack, visit.network) for visit in tables.queue_visits]
    if all(one is None for one in given):
        return np.ones((rack.installed, len(given), 1))
    found = np.ones((rack.installed, len(given), FACTORS))
    for queue, one in enumerate(given):
        random = np.random.default_rng(
            np.random.SeedSequence(rack.seed, spawn_key=(replication, _KEY + queue))
        )
        if isinstance(one, Variation):
            found[:, queue] = drawn(one, rack.installed, random)
        elif one is not None:
            found[:, queue] = _replayed(one, rack.installed, random)
    return found


def _variation(rack: Rack, network: str | None) -> Variation | Replayed | None:
    if network is None:
        return None
    services = (unit.service(network) for unit in rack.device.units)
    return next((service.variation for service in services if service is not None), None)


def drawn(given: Variation, devices: int, random: np.random.Generator) -> Floats:
    """The process of each device, begun in its long run."""
    weights = weights_of(given)
    slow, fast, noise = random.standard_normal((3, devices, FACTORS))
    chance = random.random((devices, FACTORS))
    # Queues have a memory each: what units share is here one more state of each queue's own.
    shared = random.standard_normal((devices, FACTORS)) if weights.shared_weight else None
    sizes = np.full((devices, FACTORS), weights.outlier)
    if weights.outlier_spread:
        sizes *= np.exp(weights.outlier_spread * random.standard_normal((devices, FACTORS)))
    late = chance[:, 0] < given.outlier_share
    factors = np.empty((devices, FACTORS))
    for batch in range(FACTORS):
        if batch:
            slow[:, batch] = weights.slow_keeps * slow[:, batch - 1] + weights.slow_takes * slow[:, batch]
            fast[:, batch] = weights.fast_keeps * fast[:, batch - 1] + weights.fast_takes * fast[:, batch]
            late = chance[:, batch] < np.where(late, weights.outlier_stays, weights.outlier_enters)
        log = weights.slow_weight * slow[:, batch] + weights.fast_weight * fast[:, batch]
        log += weights.noise_weight * noise[:, batch] - weights.shift
        if shared is not None:
            if batch:
                before = weights.shared_keeps * shared[:, batch - 1]
                shared[:, batch] = before + weights.shared_takes * shared[:, batch]
            log += weights.shared_weight * shared[:, batch]
        factors[:, batch] = np.exp(log) * np.where(late, sizes[:, batch], 1.0)
    return factors


def _replayed(given: Replayed, devices: int, random: np.random.Generator) -> Floats:
    """Factors in their order, each device from a place of its own."""
    start = random.integers(len(given.factors), size=devices)
    places = (start[:, None] + np.arange(FACTORS)) % len(given.factors)
    return np.asarray(np.array(given.factors)[places], dtype=np.float64)

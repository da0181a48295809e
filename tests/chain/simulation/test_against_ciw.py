"""Random chains against Ciw, a simulator of queueing networks by others, where it is installed."""

from __future__ import annotations

import numpy as np
import pytest

from planner.chain.description import Chains, ChainStream, ChainUnit, Visit
from planner.chain.simulation.run import simulate_chains
from planner.latency.band import Band
from planner.provenance import Provenance

DURATION_S, WARMUP_S, RUNS = 3000.0, 300.0, 5


def random_stations(seed: int) -> tuple[float, list[tuple[int, float]]]:
    """Arrivals a second, and servers and mean time of two to four stations that are 40 to 80 % busy."""
    random = np.random.default_rng(seed)
    rate_per_s = float(random.uniform(2, 6))
    servers = random.integers(1, 4, size=random.integers(2, 5)).tolist()
    return rate_per_s, [(n, n * float(random.uniform(0.4, 0.8)) / rate_per_s) for n in servers]


def own_mean_s(rate_per_s: float, stations: list[tuple[int, float]], service: str) -> float:
    units = tuple(
        ChainUnit(f"unit {n}", "accelerator", "unit", servers, Provenance.DATASHEET)
        for n, (servers, _) in enumerate(stations)
    )
    visits = tuple(
        Visit(f"step {n}", "network", f"unit {n}", (Band(time_s, time_s, time_s),), n - 1 if n else None)
        for n, (_, time_s) in enumerate(stations)
    )
    chains = Chains(units, (ChainStream("source", 1, rate_per_s, visits, 1.0),))
    runs = [
        simulate_chains(
            chains, DURATION_S, warmup_s=WARMUP_S, seed=seed, arrivals="poisson", service=service
        ).latency_s[0]
        for seed in range(RUNS)
    ]
    return float(np.mean([latency_s.mean() for latency_s in runs]))


def their_mean_s(ciw, rate_per_s: float, stations: list[tuple[int, float]], service: str) -> float:
    def times(time_s: float):
        if service == "exponential":
            return ciw.dists.Exponential(rate=1 / time_s)
        return ciw.dists.Deterministic(value=time_s)

    count = len(stations)
    network = ciw.create_network(
        arrival_distributions=[ciw.dists.Exponential(rate=rate_per_s), *[None] * (count - 1)],
        service_distributions=[times(time_s) for _, time_s in stations],
        number_of_servers=[servers for servers, _ in stations],
        routing=[[1.0 if b == a + 1 else 0.0 for b in range(count)] for a in range(count)],
    )
    found = []
    for seed in range(RUNS):
        ciw.seed(seed)
        run = ciw.Simulation(network)
        run.simulate_until_max_time(DURATION_S)
        ends: dict[int, tuple[float, float]] = {}
        for record in run.get_all_records():
            first_s, last_s = ends.get(record.id_number, (np.inf, -np.inf))
            ends[record.id_number] = (
                min(first_s, record.arrival_date), max(last_s, record.exit_date),
            )  # fmt: skip
        found += [last_s - first_s for first_s, last_s in ends.values() if first_s >= WARMUP_S]
    return float(np.mean(found))


@pytest.mark.slow
@pytest.mark.parametrize("service", ["exponential", "as_stated"])
@pytest.mark.parametrize("seed", range(6))
def test_random_chains_take_as_long_as_in_ciw(seed, service):
    ciw = pytest.importorskip("ciw")
    rate_per_s, stations = random_stations(seed)
    own_s, their_s = (
        own_mean_s(rate_per_s, stations, service),
        their_mean_s(ciw, rate_per_s, stations, service),
    )
    # Some 50,000 frames each: their means are off by one or two percent by chance.
    assert own_s == pytest.approx(their_s, rel=0.04)

"""The simulator against queueing theory.

Each theoretical value must lie in the 99.9 % interval across replications, and the interval must be narrower
than 15 % of it, so that a test fails both when the answer is wrong and when it says nothing. The compiled
engine runs here; the reference serves the same requests at the same times (`test_engines_agree.py`).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import quad

from planner.rack.compiled.engine import run_replication
from planner.rack.counts.statistics import latency_quantile, t_interval
from planner.rack.counts.tally import RunTally
from planner.rack.description.rack import Batching, Rack, Service
from planner.rack.description.streams import StreamGroup
from planner.rack.reference import engine as simpy_engine

SERVICE_S = 0.01
REQUESTS = 60_000

Measure = Callable[[RunTally], float]


def mean_latency_s(run: RunTally) -> float:
    """Over all streams."""
    served = [(stream.latencies.mean_s, stream.latencies.count) for stream in run.streams]
    return sum(mean_s * count for mean_s, count in served) / sum(count for _, count in served)


def mean_wait_s(service_s: float) -> Measure:
    return lambda run: mean_latency_s(run) - service_s


def lost_share(run: RunTally) -> float:
    (stream,) = run.streams
    return stream.dropped / (stream.served + stream.dropped)


def assert_agrees(rack: Rack, measure: Measure, theory: float, *more: tuple[Measure, float]) -> None:
    runs = [run_replication(rack, number) for number in range(rack.replications)]
    for measured, expected in ((measure, theory), *more):
        low, high = t_interval([measured(run) for run in runs], confidence=0.999)
        assert low <= expected <= high
        assert high - low < 0.15 * expected


@pytest.fixture(scope="session")
def make_queue(make_rack):
    """One Poisson source that keeps `servers` 70 % busy; about 60,000 requests a replication."""

    def make(servers: int, distribution: str, dispatch: str, **group: object) -> Rack:
        rack = make_rack()
        service = Service("net", (SERVICE_S,), 0.5, 20.0, service_distribution=distribution)
        rate_per_s = 0.7 * servers / SERVICE_S
        epochs = round(REQUESTS / rate_per_s)
        source = StreamGroup("source", 1, rate_per_s, "net", 0.1, arrivals="poisson")
        return replace(
            rack,
            device=replace(rack.device, services=(service,)),
            count=servers,
            streams=(replace(source, **group),),
            batching=Batching(),
            dispatch=dispatch,
            duration_s=epochs + 5.0,
            warmup_s=5.0,
            replications=12,
        )

    return make


def test_md1_mean_wait(make_queue):
    """Pollaczek-Khinchine for constant service: W = rho S / (2 (1 - rho))."""
    rack = make_queue(1, "deterministic", "shortest_queue")
    assert_agrees(rack, mean_wait_s(SERVICE_S), 0.7 * SERVICE_S / (2 * 0.3))


def test_mm1_mean_and_quantiles_of_latency(make_queue):
    """Time in an M/M/1 is exponential with rate mu - lambda."""
    rack = make_queue(1, "exponential", "shortest_queue")
    median, p99 = (lambda run, q=q: latency_quantile(run.streams[0].latencies, q) for q in (0.5, 0.99))
    mean_s = SERVICE_S / 0.3
    assert_agrees(rack, mean_latency_s, mean_s, (median, math.log(2) * mean_s), (p99, math.log(100) * mean_s))


def test_mg1_mean_wait_of_two_networks(make_queue):
    """Pollaczek-Khinchine: W = lambda E[S^2] / (2 (1 - rho)), with three quick requests for each slow one."""
    rack = make_queue(1, "deterministic", "shortest_queue")
    times_s, rates_per_s = {"quick": 0.005, "slow": 0.025}, {"quick": 52.5, "slow": 17.5}
    services = tuple(Service(name, (time_s,), 0.5, 20.0) for name, time_s in times_s.items())
    streams = tuple(
        replace(rack.streams[0], name=name, network=name, rate_per_s=rate)
        for name, rate in rates_per_s.items()
    )
    rack = replace(rack, device=replace(rack.device, services=services), streams=streams)
    squares = sum(rates_per_s[name] * times_s[name] ** 2 for name in times_s)
    assert sum(rates_per_s[name] * times_s[name] for name in times_s) == pytest.approx(0.7)
    assert_agrees(rack, mean_wait_s(SERVICE_S), squares / (2 * 0.3))


def test_mmc_mean_wait_in_one_queue(make_queue):
    """Erlang C: four servers at 70 % make 42.87 % of the requests wait, S / (4 * 0.3) of time each."""
    offered = 4 * 0.7
    waiting = offered**4 / (math.factorial(4) * 0.3)
    erlang_c = waiting / (sum(offered**k / math.factorial(k) for k in range(4)) + waiting)
    assert erlang_c == pytest.approx(0.4287, abs=1e-4)
    rack = replace(make_queue(4, "exponential", "central_queue"), replications=20)
    assert_agrees(rack, mean_wait_s(SERVICE_S), erlang_c * SERVICE_S / (4 * 0.3))


def test_mm1k_share_lost(make_queue):
    """At most three wait and one is served: (1 - rho) rho^4 / (1 - rho^5) of all are lost."""
    rack = make_queue(1, "exponential", "shortest_queue", queue_limit=3)
    assert_agrees(rack, lost_share, 0.3 * 0.7**4 / (1 - 0.7**5))


def test_mmck_share_lost(make_queue):
    """Three servers and two places to wait: the loss of the birth and death chain with six states."""
    offered, servers, places = 3 * 0.7, 3, 5
    weights = [
        offered**k / (math.factorial(min(k, servers)) * servers ** max(0, k - servers))
        for k in range(places + 1)
    ]
    rack = make_queue(servers, "exponential", "central_queue", queue_limit=places - servers)
    assert_agrees(rack, lost_share, weights[-1] / sum(weights))


def test_erlang_b_share_lost_without_a_queue(make_queue):
    """Erlang B: four servers offered 2.8 erlang and no queue lose a share set by the mean service alone."""
    terms = [2.8**k / math.factorial(k) for k in range(5)]
    rack = make_queue(4, "deterministic", "central_queue", queue_limit=0)
    assert_agrees(rack, lost_share, terms[4] / sum(terms))


def test_periodic_cameras_wait_as_in_the_n_d_d_1_queue(make_rack):
    """Twenty cameras of random phase, a period of 25 service times.

    A camera finds the work of the other nineteen: P(W > x) of Roberts and Virtamo, The superposition of
    periodic cell arrival streams in an ATM multiplexer, IEEE Trans. Commun. 39 (1991). M/D/1 at the same load
    waits 2.0 service times on average, 80 % longer.
    """
    others, period = 19, 25.0

    def longer_than(wait: float) -> float:
        return sum(
            math.comb(others, n)
            * ((n - wait) / period) ** n
            * (1 - (n - wait) / period) ** (others - n)
            * (period - others + wait)
            / (period - n + wait)
            for n in range(math.floor(wait) + 1, others + 1)
        )

    def share_longer(run: RunTally) -> float:
        values_s, often = run.streams[0].latencies.weights()
        return float(often[values_s * period > 2.0].sum() / often.sum())

    mean = sum(quad(longer_than, k, k + 1)[0] for k in range(others))
    rack = make_rack(
        service_s=1 / period,
        count=1,
        streams=(StreamGroup("cameras", 20, 1.0, "net", 1.0),),
        duration_s=3.0,
        warmup_s=1.0,
        replications=800,
    )
    wait = lambda run: (mean_latency_s(run) - 1 / period) * period  # noqa: E731
    assert_agrees(rack, wait, mean, (share_longer, longer_than(1.0)))


def test_one_periodic_camera_never_waits(make_rack):
    """D/D/1 below saturation: every latency is the service time."""
    rack = make_rack(count=1, streams=(StreamGroup("camera", 1, 15.0, "net", 0.1),), service_s=0.06)
    requests = simpy_engine.run_replication(rack, 0).requests
    counted = (requests.arrival_s >= rack.warmup_s) & np.isfinite(requests.departure_s)
    assert (requests.start_s - requests.arrival_s)[counted].max() == 0.0
    assert (requests.departure_s - requests.arrival_s)[counted] == pytest.approx(0.06, rel=1e-9)
    assert counted.sum() == pytest.approx(150, abs=1)

"""The simulator against queueing theory.

Each theoretical value must lie in the 99.9 % interval across replications, and the interval's half-width must
stay below 15 % of it, so that a test fails both when the answer is wrong and when it says nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import quad

from planner.rack.description import Batching, Rack, Service
from planner.rack.records import Outcome, Records
from planner.rack.simpy_engine import run_replication
from planner.rack.statistics import quantile, t_interval
from planner.rack.streams import StreamGroup

SERVICE_S = 0.01


def counted(rack: Rack, run: Records) -> np.ndarray:
    return run.requests.arrival_s >= rack.warmup_s


def waits_s(rack: Rack, run: Records) -> np.ndarray:
    waits = (run.requests.start_s - run.requests.arrival_s)[counted(rack, run)]
    return waits[np.isfinite(waits)]


def latencies_s(rack: Rack, run: Records) -> np.ndarray:
    latencies = (run.requests.departure_s - run.requests.arrival_s)[counted(rack, run)]
    return latencies[np.isfinite(latencies)]


def assert_agrees(rack: Rack, measure: Callable[[Rack, Records], float], theory: float) -> None:
    values = [measure(rack, run_replication(rack, number)) for number in range(rack.replications)]
    low, high = t_interval(values, confidence=0.999)
    assert low <= theory <= high
    assert (high - low) / 2 < 0.15 * theory


@pytest.fixture(scope="session")
def make_queue(make_rack):
    """One Poisson source that keeps `servers` 70 % busy; about 20,000 requests a replication."""

    def make(servers: int, distribution: str, dispatch: str, **group: object) -> Rack:
        rack = make_rack()
        service = Service("net", (SERVICE_S,), 0.5, 20.0, service_distribution=distribution)
        rate_per_s = 0.7 * servers / SERVICE_S
        epochs = round(20_000 / rate_per_s)
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
            replications=10,
        )

    return make


def test_md1_mean_wait(make_queue):
    """Pollaczek-Khinchine for constant service: W = rho S / (2 (1 - rho))."""
    rack = make_queue(1, "deterministic", "shortest_queue")
    assert_agrees(rack, lambda *run: waits_s(*run).mean(), 0.7 * SERVICE_S / (2 * 0.3))


def test_mm1_quantiles_of_latency(make_queue):
    """Time in an M/M/1 is exponential with rate mu - lambda."""
    rack = make_queue(1, "exponential", "shortest_queue")
    for share in (0.5, 0.99):
        theory_s = -math.log(1 - share) * SERVICE_S / 0.3
        assert_agrees(rack, lambda *run, share=share: quantile(latencies_s(*run), share), theory_s)


def test_mmc_mean_wait_in_one_queue(make_queue):
    """Erlang C: four servers at 70 % make 42.87 % of the requests wait, S / (4 * 0.3) of time each."""
    offered = 4 * 0.7
    waiting = offered**4 / (math.factorial(4) * 0.3)
    erlang_c = waiting / (sum(offered**k / math.factorial(k) for k in range(4)) + waiting)
    assert erlang_c == pytest.approx(0.4287, abs=1e-4)
    rack = make_queue(4, "exponential", "central_queue")
    assert_agrees(rack, lambda *run: waits_s(*run).mean(), erlang_c * SERVICE_S / (4 * 0.3))
    assert_agrees(rack, lambda *run: (waits_s(*run) > 0).mean(), erlang_c)


def test_mm1k_share_dropped(make_queue):
    """At most three wait and one is served: (1 - rho) rho^4 / (1 - rho^5) of all are lost."""
    rack = make_queue(1, "exponential", "shortest_queue", queue_limit=3)
    theory = 0.3 * 0.7**4 / (1 - 0.7**5)
    assert_agrees(
        rack, lambda rack, run: (run.requests.outcome[counted(rack, run)] == Outcome.DROPPED).mean(), theory
    )


def test_erlang_b_share_lost_without_a_queue(make_queue):
    """Erlang B: four servers offered 2.8 erlang and no queue lose a share set by the mean service alone."""
    terms = [2.8**k / math.factorial(k) for k in range(5)]
    rack = make_queue(4, "deterministic", "central_queue", queue_limit=0)
    assert_agrees(
        rack,
        lambda rack, run: (run.requests.outcome[counted(rack, run)] == Outcome.DROPPED).mean(),
        terms[4] / sum(terms),
    )


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

    mean = sum(quad(longer_than, k, k + 1)[0] for k in range(others))
    rack = make_rack(
        service_s=1 / period,
        count=1,
        streams=(StreamGroup("cameras", 20, 1.0, "net", 1.0),),
        duration_s=3.0,
        warmup_s=1.0,
        replications=400,
    )
    assert_agrees(rack, lambda *run: waits_s(*run).mean() * period, mean)
    assert_agrees(rack, lambda *run: (waits_s(*run) * period > 1.0).mean(), longer_than(1.0))


def test_one_periodic_camera_never_waits(make_rack):
    """D/D/1 below saturation: every latency is the service time."""
    rack = make_rack(count=1, streams=(StreamGroup("camera", 1, 15.0, "net", 0.1),), service_s=0.06)
    run = run_replication(rack, 0)
    assert waits_s(rack, run).max() == 0.0
    assert latencies_s(rack, run) == pytest.approx(0.06, rel=1e-9)
    assert latencies_s(rack, run).size == pytest.approx(150, abs=1)

"""The closed forms against published tables, each other and their limits."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.optimize import brentq

from planner.errors import InputError
from planner.rack.load.queueing import (
    erlang_b,
    erlang_c,
    gg1_wait_bound_s,
    ggc_wait_s,
    md1,
    md1_wait_within,
    mg1_wait_s,
    mmc,
    mmck_loss,
    periodic_wait_longer,
)

LOADS = st.floats(0.05, 0.95)


@pytest.mark.parametrize(
    ("servers", "offered", "blocked"),
    [(1, 0.0101, 0.01), (5, 1.361, 0.01), (10, 4.461, 0.01), (20, 12.03, 0.01)],
)
def test_erlang_b_table(servers, offered, blocked):
    """Loads that lose 1 %, from the table that every teletraffic handbook prints."""
    assert erlang_b(servers, offered) == pytest.approx(blocked, rel=2e-3)


def test_erlang_c_of_four_servers_at_seventy_per_cent():
    assert erlang_c(4, 2.8) == pytest.approx(0.4287, abs=1e-4)


@given(load=LOADS)
def test_one_server_is_mm1(load):
    queue = mmc(1, load, 1.0)
    assert queue.mean_latency_s == pytest.approx(1 / (1 - load), rel=1e-9)
    assert queue.p99_latency_s == pytest.approx(math.log(100) / (1 - load), rel=1e-6)
    assert queue.mean_in_system == pytest.approx(load / (1 - load), rel=1e-9)
    assert queue.mean_wait_s == pytest.approx(mg1_wait_s(load, 1.0, 1.0), rel=1e-9)


@given(load=LOADS, servers=st.integers(1, 30))
def test_more_servers_never_lengthen_the_wait(load, servers):
    rate = load * servers
    assert mmc(servers + 1, rate, 1.0).mean_wait_s <= mmc(servers, rate, 1.0).mean_wait_s + 1e-12


def test_the_mean_of_mmc_is_the_area_under_its_tail():
    queue = mmc(3, 2.1, 1.0)
    waiting = erlang_c(3, 2.1)
    area, _ = quad(lambda t: waiting * math.exp(-0.9 * t), 0, 60)
    assert queue.mean_wait_s == pytest.approx(area, rel=1e-6)
    equal = mmc(2, 1.0, 1.0)
    near = mmc(2, 1.0 + 1e-6, 1.0)
    assert equal.p99_latency_s == pytest.approx(near.p99_latency_s, rel=1e-4), "drain rate equal to service"


@pytest.mark.parametrize("load", [0.2, 0.5, 0.7])
def test_md1_distribution_has_the_mean_of_pollaczek_khinchine(load):
    pieces = [quad(lambda t: 1 - md1_wait_within(load, 1.0, t), k, k + 1)[0] for k in range(30)]
    assert sum(pieces) == pytest.approx(load / (2 * (1 - load)), rel=1e-4)
    assert md1_wait_within(load, 1.0, 0.0) == pytest.approx(1 - load, rel=1e-9), "an empty server is found"


@pytest.mark.parametrize("load", [0.7, 0.8, 0.9, 0.95])
def test_md1_tail_is_the_exact_asymptote(load):
    """P(W > t) ~ (1 - rho) / (rho e^a - 1) e^(-a t) with rho (e^a - 1) = a (Tijms, A First Course, 9.5)."""
    decay = brentq(lambda a: load * math.expm1(a) - a, 1e-6, 10.0)
    factor = (1 - load) / (load * math.exp(decay) - 1)
    assert md1(load, 1.0).p99_latency_s - 1 == pytest.approx(math.log(100 * factor) / decay, rel=1e-4)


def test_md1_latency_of_an_idle_server_is_its_service():
    assert md1(0.001, 1.0).p99_latency_s == 1.0


@given(load=LOADS)
def test_constant_service_halves_the_wait(load):
    assert md1(load, 1.0).mean_wait_s == pytest.approx(mmc(1, load, 1.0).mean_wait_s / 2, rel=1e-9)


@given(load=LOADS, variation=st.floats(0, 10))
def test_kingman_bounds_poisson_arrivals(load, variation):
    assert gg1_wait_bound_s(load, 1.0, 1.0, variation) >= mg1_wait_s(load, 1.0, variation)


def test_allen_cunneen_is_exact_for_poisson():
    assert ggc_wait_s(3, 2.1, 1.0, 1.0, 1.0) == pytest.approx(mmc(3, 2.1, 1.0).mean_wait_s)
    assert ggc_wait_s(1, 0.6, 1.0, 1.0, 0.0) == pytest.approx(md1(0.6, 1.0).mean_wait_s)


def test_finite_places():
    assert mmck_loss(1, 4, 0.7, 1.0) == pytest.approx(0.3 * 0.7**4 / (1 - 0.7**5))
    assert mmck_loss(4, 4, 2.8, 1.0) == pytest.approx(erlang_b(4, 2.8))
    assert mmck_loss(1, 1, 5.0, 1.0) == pytest.approx(5 / 6), "an overloaded loss system has a steady state"


def test_periodic_cameras_wait_less_than_poisson_says():
    mean = sum(quad(lambda t: periodic_wait_longer(20, 25.0, 1.0, t), k, k + 1)[0] for k in range(19))
    assert mean == pytest.approx(2.0 / 1.8, rel=0.01), "M/D/1 at 80 % waits 2.0, four fifths longer"
    assert periodic_wait_longer(1, 25.0, 1.0, 0.0) == 0.0


@pytest.mark.parametrize(
    "make",
    [
        lambda: mmc(2, 2.0, 1.0),
        lambda: md1(1.2, 1.0),
        lambda: erlang_b(0, 1.0),
        lambda: mmck_loss(3, 2, 1.0, 1.0),
        lambda: periodic_wait_longer(30, 25.0, 1.0, 1.0),
    ],
)
def test_queues_without_an_answer_are_refused(make):
    with pytest.raises(InputError, match="queue"):
        make()

"""The closed form of a shelf of spares: by hand, against SciPy, and against a simulation of its own."""

import math
import random
import time
from collections import deque

import pytest
from scipy.stats import poisson

from planner.plan.fleet.pool import least_stock, shelf


def test_one_spare_and_one_failure_a_turnaround_by_hand():
    """Mean one in repair: P(X >= 1) = 1 - 1/e, and backorders 1 - 1 + 1/e."""
    found = shelf(1.0, 1.0, 1)
    assert found.waits == pytest.approx(1 - math.exp(-1))
    assert found.backorders == pytest.approx(math.exp(-1))
    assert found.mean_wait_s == pytest.approx(math.exp(-1))


@pytest.mark.parametrize(("mean", "stock"), [(0.3, 1), (4.0, 6), (60.0, 72), (900.0, 940)])
def test_the_sums_are_those_of_the_poisson_distribution(mean, stock):
    found = shelf(mean / 3600.0, 3600.0, stock)
    assert found.waits == pytest.approx(poisson.sf(stock - 1, mean), rel=1e-6)
    expected = sum((n - stock) * poisson.pmf(n, mean) for n in range(stock, stock + 400))
    assert found.backorders == pytest.approx(expected, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("ready", [0.5, 0.95, 0.999])
def test_the_least_stock_keeps_the_promise_and_one_less_does_not(ready):
    for mean in (0.01, 1.0, 7.5, 150.0):
        stock = least_stock(mean / 1e6, 1e6, ready)
        assert 1 - shelf(mean / 1e6, 1e6, stock).waits >= ready
        assert stock == 0 or 1 - shelf(mean / 1e6, 1e6, stock - 1).waits < ready
    assert least_stock(0.0, 1e6, ready) == 0


@pytest.mark.parametrize("mean", [1e5, 1e8, 1e12])
def test_a_million_in_repair_take_no_longer_than_one(mean):
    """By the normal distribution, which the Poisson one comes close to: mean + 1.645 of its roots."""
    start = time.process_time()
    stock = least_stock(mean / 1e6, 1e6, 0.95)
    assert stock == pytest.approx(mean + 1.6449 * math.sqrt(mean), abs=0.01 * math.sqrt(mean) + 2)
    found = shelf(mean / 1e6, 1e6, stock)
    assert found.waits == pytest.approx(0.05, abs=2e-3)
    # of a normal variable: E[(Z - z)+] = pdf(z) - z (1 - cdf(z)) at z = 1.645
    assert found.backorders == pytest.approx(0.0209 * math.sqrt(mean), rel=0.02)
    assert time.process_time() - start < 0.5


@pytest.mark.parametrize("turnaround", ["fixed", "exponential"])
def test_a_simulation_agrees_whatever_the_distribution_of_the_turnaround(turnaround):
    """20,000 failures: the share that waits within 4 standard errors, the mean wait within 10 %."""
    rate_per_s, mean_s, stock, failures = 1 / 4.0, 10.0, 4, 20_000
    source = random.Random(3)  # noqa: S311
    on_shelf: list[float] = [0.0] * stock
    waiting: deque[float] = deque()
    waits, wait_s, now_s = 0, 0.0, 0.0
    repairs: list[float] = []
    for _ in range(failures):
        now_s += source.expovariate(rate_per_s)
        for ready_s in sorted(done for done in repairs if done <= now_s):
            repairs.remove(ready_s)
            if waiting:
                wait_s += ready_s - waiting.popleft()
            else:
                on_shelf.append(ready_s)
        repairs.append(now_s + (mean_s if turnaround == "fixed" else source.expovariate(1 / mean_s)))
        if on_shelf:
            on_shelf.pop()
        else:
            waits += 1
            waiting.append(now_s)
    found = shelf(rate_per_s, mean_s, stock)
    # Waits of neighbouring failures go together: the effective number of draws is smaller.
    error = math.sqrt(found.waits * (1 - found.waits) / (failures * rate_per_s**-1 / mean_s))
    assert waits / failures == pytest.approx(found.waits, abs=4 * error)
    assert wait_s / failures == pytest.approx(found.mean_wait_s, rel=0.1)


def test_one_shelf_for_all_needs_fewer_than_a_shelf_for_each_group():
    alone = [least_stock(2.0 / 1e6, 1e6, 0.95) for _ in range(4)]
    assert least_stock(8.0 / 1e6, 1e6, 0.95) < sum(alone)

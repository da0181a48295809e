"""What timing keeps, throws away and says, on samples made by hand."""

import statistics

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.engines.timing import LEAST_SAMPLES, Sample, collect, share_of_processor, summarise


def samples(walls, *, cpu_share=1.0, reference_s=1e-3, steal_s=0.0) -> list[Sample]:
    return [Sample(wall, wall * cpu_share, reference_s, steal_s) for wall in walls]


def test_a_steady_machine_is_quiet():
    timing = summarise(samples([0.010] * 20))
    assert timing.verdict == "quiet"
    assert timing.median_s == timing.low_s == timing.high_s == 0.010
    assert timing.rejected == 0


@pytest.mark.parametrize(
    "bad",
    [
        Sample(0.020, 0.010, 1e-3, 0.0),
        Sample(0.020, 0.020, 1e-3, 0.005),
        Sample(0.020, 0.020, 2e-3, 0.0),
    ],
    ids=["others had the processor", "the hypervisor stole", "the reference was slow too"],
)
def test_contaminated_samples_do_not_count(bad):
    timing = summarise([*samples([0.010] * 20), bad, bad])
    assert timing.rejected == 2
    assert timing.p90_s == 0.010


def test_too_few_clean_samples_are_too_noisy_whatever_their_spread():
    stolen = samples([0.010] * 20, steal_s=0.005)
    assert summarise([*stolen, *samples([0.010] * (LEAST_SAMPLES - 1))]).verdict == "too noisy"


def test_a_wide_spread_is_too_noisy():
    assert summarise(samples([0.010, 0.020] * 10)).verdict == "too noisy"


def test_drift_is_that_of_the_reference():
    slow = [Sample(0.01, 0.01, 1.1e-3, 0.0)] * 10
    assert summarise([*samples([0.01] * 10), *slow]).drift == pytest.approx(0.1)


def test_the_interval_holds_the_median_as_often_as_it_says():
    """95 % of intervals of 25 draws hold the true median; 400 trials, three standard errors."""
    generator = np.random.default_rng(1)
    held = 0
    for _ in range(400):
        timing = summarise(samples(generator.lognormal(0.0, 0.02, 25)))
        held += timing.low_s <= 1.0 <= timing.high_s
    assert held / 400 >= 0.95 - 3 * (0.95 * 0.05 / 400) ** 0.5


@given(st.lists(st.floats(1e-4, 1e-1), min_size=LEAST_SAMPLES, max_size=60))
def test_quantiles_are_in_order_and_within_the_samples(walls):
    timing = summarise(samples(walls))
    assert min(walls) <= timing.p10_s <= timing.median_s <= timing.p90_s <= max(walls)
    assert timing.low_s <= timing.median_s <= timing.high_s
    assert timing.median_s == pytest.approx(statistics.median(walls))


def test_collect_runs_until_there_are_enough_samples():
    calls = []
    found = collect(lambda: calls.append(1), seconds=0.0, threads=1)
    assert len(found) == LEAST_SAMPLES
    assert len(calls) > LEAST_SAMPLES


@pytest.mark.parametrize(
    ("share", "threads", "verdict"),
    [
        (0.95, 1, "quiet"),
        (0.5, 1, "too noisy"),
        (0.2, 1, "too noisy"),
        (0.6, 2, "quiet"),
        (0.3, 2, "too noisy"),
    ],
)
def test_a_process_that_shares_its_processor_is_too_noisy(share, threads, verdict):
    timing = summarise(samples([0.010] * 20, cpu_share=share), threads)
    assert timing.verdict == verdict
    assert timing.processors == pytest.approx(share * threads)


def test_a_share_of_the_processor_is_one_at_most():
    assert 0.0 < share_of_processor(0.02) <= 1.01

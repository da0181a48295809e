"""Verdicts that are looked at several times: how often they err, and when they stop."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from planner.data_files import scenarios_dir
from planner.errors import InputError
from planner.plan.rack.synthetic import synthetic_rack
from planner.plan.scenario.file import read_scenario
from planner.rack.counts.enough import runs_that_decide
from planner.rack.counts.latencies import ExactLatencies
from planner.rack.counts.results import Verdict
from planner.rack.sequential import looks, rack_verdict, simulate_until_settled
from planner.rack.simulation import run_replication


@pytest.fixture(scope="module")
def rack():
    whole = synthetic_rack(read_scenario(scenarios_dir() / "theory-md1.yaml").scenario)
    return replace(whole, duration_s=20.0, warmup_s=2.0, replications=4)


@pytest.fixture(scope="module")
def one_run(rack):
    return run_replication(rack, "compiled", 0)


_EXPONENTIAL = -np.log(1.0 - (np.arange(500) + 0.5) / 500)
SHAPE = _EXPONENTIAL / _EXPONENTIAL[494]
"""Latencies of a run: exponential, their 99th percentile one."""


def drawn(one_run, values):
    """Replications that differ by a factor only, so that the quantile of all requests is known."""

    def run(rack, engine, number):
        latencies = ExactLatencies(values[number] * SHAPE)
        stream = replace(one_run.streams[0], dropped=0, overdue=0, served=500, latencies=latencies)
        return replace(one_run, replication=number, streams=(stream,))

    return run


def test_looks_double_up_to_the_most():
    assert looks(4, 32) == (4, 8, 16, 32)
    assert looks(3, 20) == (3, 6, 12, 20)
    assert looks(5, 5) == (5,)
    with pytest.raises(InputError, match="two or more"):
        looks(1, 4)


def test_a_rack_exactly_on_its_slo_is_rarely_judged(rack, one_run):
    """The quantile of all requests is the SLO: a verdict is an error, at most 5 % of them by construction."""
    generator = np.random.default_rng(7)
    together = np.outer(1 + 0.05 * generator.standard_normal(4000), SHAPE)
    slo_s = rack.streams[0].slo_s / np.quantile(together, 0.99)
    wrong = 0
    series = 300
    for _ in range(series):
        values = slo_s * (1 + 0.05 * generator.standard_normal(16))
        result = simulate_until_settled(
            rack, most_replications=16, engine="simpy", run=drawn(one_run, values)
        )
        wrong += rack_verdict(result) is not Verdict.UNDECIDED
    assert wrong / series <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / series)


def test_a_clear_rack_is_judged_at_the_first_look(rack, one_run):
    slo_s = rack.streams[0].slo_s
    for factor, expected in ((0.5, Verdict.PASS), (2.0, Verdict.FAIL)):
        values = slo_s * factor * (1 + 0.01 * np.arange(32))
        result = simulate_until_settled(rack, most_replications=32, run=drawn(one_run, values))
        assert rack_verdict(result) is expected
        assert result.replications == rack.replications


def test_a_close_rack_takes_more_replications(rack, one_run):
    """4 % above the bin's width below the SLO with a spread of 4 %: 4 are too few, 32 are enough."""
    values = rack.streams[0].slo_s * (0.94 + 0.04 * np.random.default_rng(1).standard_normal(32))
    result = simulate_until_settled(rack, most_replications=32, run=drawn(one_run, values))
    assert rack_verdict(result) is Verdict.PASS
    assert 4 < result.replications <= 32


def test_within_a_latency_bin_of_the_slo_the_compiled_engine_does_not_judge(rack, one_run):
    values = np.full(32, 0.99 * rack.streams[0].slo_s)
    run = drawn(one_run, values)
    compiled = simulate_until_settled(rack, most_replications=32, run=run)
    exact = simulate_until_settled(rack, most_replications=32, engine="simpy", run=run)
    assert rack_verdict(compiled) is Verdict.UNDECIDED
    assert rack_verdict(exact) is Verdict.PASS


def test_the_same_rack_gives_the_same_answer(rack):
    first, second = (simulate_until_settled(rack, most_replications=8) for _ in range(2))
    assert first == second


def test_runs_are_added_until_they_show_enough(rack):
    """A tenth of a request a second in runs of 90 s: 300 want 3,000 s, and chance 17 % more.

    Forty runs hold them, and 64 are allowed: doubled from four, the look at 64 decides. With 32
    allowed no number of them does, and the first look is the last.
    """
    rare = replace(rack.streams[0], rate_per_s=0.1, sources=1, slo_s=1000.0)
    short = replace(rack, streams=(rare,), duration_s=92.0, warmup_s=2.0)
    assert runs_that_decide(short, rare) == 40
    enough = simulate_until_settled(short, most_replications=64)
    assert (enough.replications, rack_verdict(enough)) == (64, Verdict.PASS)
    too_few = simulate_until_settled(short, most_replications=32)
    assert (too_few.replications, rack_verdict(too_few)) == (4, Verdict.UNDECIDED)

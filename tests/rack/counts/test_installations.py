"""Verdicts over installations: the share of phases that keep the promise, by Clopper and Pearson."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from planner.errors import InputError
from planner.rack.counts.results import Verdict
from planner.rack.counts.statistics import Certainty, installations_needed, judge_installations
from planner.rack.description.streams import StreamGroup
from planner.rack.sequential import looks, simulate_until_settled
from planner.rack.simulation import simulate

CAMERAS = StreamGroup("cameras", 6, 15.0, "net", 0.1)


def verdict(kept: int, broken: int, wanted: float = 0.95, **certainty: float) -> Verdict:
    return judge_installations(CAMERAS, [0.05] * kept + [0.2] * broken, wanted, Certainty(**certainty))[0]


def test_as_many_as_it_takes():
    """Where all of n keep the promise, the low end is (0.025)^(1/n): 95 % takes 72, ln 0.025 / ln 0.95."""
    assert installations_needed(0.95) == 72 == math.ceil(math.log(0.025) / math.log(0.95))
    assert verdict(72, 0) is Verdict.PASS
    assert verdict(71, 0) is Verdict.UNDECIDED
    assert verdict(3, 0) is Verdict.UNDECIDED


def test_a_few_may_break_it():
    """9 of 100 broken: 4.2 to 16.4 % (Clopper and Pearson's own charts); 5 % may, so it is open; 12 fail."""
    assert verdict(91, 9) is Verdict.UNDECIDED
    assert verdict(88, 12) is Verdict.FAIL
    assert verdict(0, 2) is Verdict.FAIL, "at most 1 - 0.025^(1/2) = 84 % of all keep it"
    assert verdict(0, 2, wanted=0.8) is Verdict.UNDECIDED
    _, text = judge_installations(CAMERAS, [0.05] * 91 + [0.2] * 9, 0.95)
    assert "83.6 %" in text
    assert "95.8 %" in text


def test_a_bin_around_the_promise_counts_for_neither_verdict():
    assert verdict(100, 0) is Verdict.PASS
    on_it = [0.0995] * 100
    assert judge_installations(CAMERAS, on_it, 0.95, Certainty(resolution=0.01))[0] is Verdict.UNDECIDED


@pytest.fixture
def unlucky(make_rack):
    """Two cameras pinned to one device, 30 ms of 66.7 ms: 38 % of the phases wait more than 5 ms."""
    cameras = replace(CAMERAS, sources=2, slo_s=0.035)
    service = replace(make_rack().device.services[0], batch_s=(0.03,))
    device = replace(make_rack().device, services=(service,))
    return make_rack(
        count=1, streams=(cameras,), device=device, dispatch="pinned", duration_s=4.0, warmup_s=1.0,
        replications=3,
    )  # fmt: skip


def test_the_share_that_breaks_the_promise_is_that_of_the_phases(unlucky):
    """Broken where one comes less than 25 ms behind the other: 2 x 25 / 66.7 = 75 %."""
    found = simulate(replace(unlucky, replications=200)).streams[0]
    assert found.installations_broken == pytest.approx(0.75, abs=0.1)
    assert found.latency_s.p99_worst == pytest.approx(0.06, rel=0.02)


def test_a_plan_may_ask_for_installations(unlucky):
    """At 62 ms nothing breaks: passed once enough are seen; at 58 ms 6 % do, which 90 % allows and 99 not."""
    safe = replace(unlucky, streams=(replace(unlucky.streams[0], slo_s=0.062),), installations=0.95)
    found = simulate_until_settled(safe, most_replications=4)
    assert found.streams[0].verdict is Verdict.PASS
    assert found.replications >= 72, "more than the plan's own number, for less would decide nothing"
    close = replace(safe, streams=(replace(safe.streams[0], slo_s=0.055),))
    broken = 2 * 0.005 / (1 / 15)
    for wanted, expected in ((0.6, Verdict.PASS), (0.97, Verdict.FAIL)):
        result = simulate_until_settled(replace(close, installations=wanted), most_replications=4)
        assert result.streams[0].verdict is expected, broken
    # Without a share all requests count together: late ones in 15 % of the installations are too many.
    together = simulate_until_settled(replace(close, installations=None), most_replications=64)
    assert together.streams[0].verdict is not Verdict.PASS


def test_random_sources_have_no_installations(unlucky):
    drawn = replace(unlucky.streams[0], arrivals="poisson", rate_per_s=1.0)
    found = simulate(replace(unlucky, streams=(drawn,), installations=0.95)).streams[0]
    assert found.installations_broken is None
    assert looks(3, 8) == (3, 6, 8)


@pytest.mark.parametrize("share", [0.0, 1.0, -0.1, float("nan")])
def test_a_share_of_installations_is_a_share(unlucky, share):
    with pytest.raises(InputError, match="installations"):
        replace(unlucky, installations=share)

"""When few runs suffice though cameras keep their phases: many devices with cameras of their own."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from planner.rack.counts.enough import most_of_installations_s, rests_on_phases
from planner.rack.counts.results import Verdict
from planner.rack.description.device import Host
from planner.rack.description.streams import HostStep, StreamGroup

CAMERAS = StreamGroup("cameras", 300, 15.0, "net", 0.15)
DEALT = replace(CAMERAS, before=(HostStep("decoder", 0.002),))
CLOSE = [0.089, 0.090, 0.091]
"""Above half of the promise, so that three sets of phases alone do not settle it."""


@pytest.mark.parametrize(("runs", "factor"), [(2, 20.581), (3, 6.155), (10, 2.355), (30, 1.777)])
def test_the_factor_is_that_of_the_published_table(runs, factor):
    """Natrella, NBS Handbook 91, table A-7: 90 % of a normal population with 95 % confidence."""
    values = [0.1, *([0.101] * (runs - 2)), 0.102]
    mean = sum(values) / runs
    spread = math.sqrt(sum((value - mean) ** 2 for value in values) / (runs - 1))
    assert most_of_installations_s(values) == pytest.approx(mean + factor * spread, rel=2e-3)


@pytest.mark.parametrize("values", [[], [0.1], [0.1, math.inf], [0.1, math.nan]])
def test_what_says_nothing_of_others_bounds_nothing(values):
    assert most_of_installations_s(values) == math.inf


def test_equal_bins_are_not_taken_as_equal_times():
    """Three quantiles in one bin of 2 %: a spread of a bin's width is left."""
    assert most_of_installations_s([0.1] * 3) == pytest.approx(0.1)
    assert most_of_installations_s([0.1] * 3, 0.02) == pytest.approx(0.102 + 6.155 * 0.002, rel=1e-3)


@pytest.fixture
def rack(make_rack):
    """So busy that all cameras at once would be late."""
    service = replace(make_rack().device.services[0], batch_s=(0.09,))
    device = replace(make_rack().device, services=(service,), host=Host(4, decoders=1))
    return make_rack(count=40, streams=(DEALT,), device=device)


def test_many_devices_with_cameras_of_their_own_settle_it(rack):
    assert not rests_on_phases(rack, DEALT, Verdict.PASS, CLOSE)
    assert not rests_on_phases(replace(rack, dispatch="pinned"), CAMERAS, Verdict.PASS, CLOSE)


@pytest.mark.parametrize(
    ("count", "group", "seen"),
    [
        pytest.param(31, DEALT, CLOSE, id="few devices"),
        pytest.param(40, CAMERAS, CLOSE, id="one queue, and so one set of phases, for all"),
        pytest.param(40, replace(DEALT, sources=31), CLOSE, id="few cameras"),
        pytest.param(40, DEALT, [0.08, 0.1, 0.12], id="runs that scatter: 0.1 + 6.2 x 0.02 is late"),
        pytest.param(40, DEALT, [0.09], id="one run"),
    ],
)
def test_else_phases_decide_until_many_sets_were_seen(rack, count, group, seen):
    here = replace(rack, count=count, streams=(group,))
    assert rests_on_phases(here, group, Verdict.PASS, seen)
    assert not rests_on_phases(here, group, Verdict.PASS, seen * 32)

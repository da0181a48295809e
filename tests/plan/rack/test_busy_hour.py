"""The stretch of the day that a plan is judged by, and how long a run has to be: by hand."""

from dataclasses import replace

import pytest

from planner.plan.rack.busy_hour import active_stretch, busiest
from planner.rack.description.evidence import change_s, requests_wanted, seconds_least, seconds_wanted
from planner.rack.description.streams import Bursts, DayProfile, DropOuts, StreamGroup

DAY = (0.1,) * 8 + (0.6, 1.0, 1.0, 1.0) + (0.3,) * 12


def group(name="a", profile=DAY, **changes):
    given = {"sources": 10, "rate_per_s": 2.0, "network": name, "slo_s": 0.1, "arrivals": "poisson"} | changes
    made = StreamGroup(name=name, **given)
    return made if profile is None else replace(made, profile=DayProfile(profile))


def test_the_peak_is_found_and_lasts_as_long_as_it_does():
    found = busiest([group()], {"a": 0.01}, 120.0)
    assert found.start_s == 9 * 3600.0
    assert found.length_s == 3 * 3600.0


def test_work_weighs_the_streams_and_not_their_requests():
    """At night a network that takes ten times as long asks for half as many requests."""
    night = group("b", tuple(1.0 if hour < 4 else 0.1 for hour in range(24)), rate_per_s=1.0)
    assert busiest([group(), night], {"a": 0.01, "b": 0.1}, 60.0).start_s == 0.0
    assert busiest([group(), night], {"a": 0.1, "b": 0.01}, 60.0).start_s == 9 * 3600.0


def test_a_run_of_several_parts_is_laid_over_the_most_work():
    """Three hours of full load after one of 60 %: five hours hold them and the better neighbours."""
    found = busiest([group()], {"a": 0.01}, 5 * 3600.0)
    assert found.start_s in (8 * 3600.0,)


def test_without_profiles_no_time_is_busier():
    assert busiest([group(profile=None)], {"a": 0.01}, 60.0) is None


def test_a_stream_that_is_silent_at_the_peak_has_a_peak_of_its_own():
    night = group("b", tuple(1.0 if hour < 4 else 0.0 for hour in range(24)))
    there = replace(night, profile=replace(night.profile, start_s=12 * 3600.0, span_s=60.0))
    assert there.silent
    assert active_stretch(there, 60.0).start_s == 0.0


def test_the_mean_over_a_stretch_is_its_integral():
    profile = DayProfile((0.0, 1.0), 100.0)
    assert profile.mean == 0.5
    assert profile.mean_over(40.0, 20.0) == pytest.approx(0.5)
    assert profile.mean_over(90.0, 30.0) == pytest.approx(1 / 3)
    assert profile.mean_over(25.0, 1000.0) == pytest.approx(0.5)
    assert replace(profile, start_s=50.0, span_s=50.0).mean == pytest.approx(1.0)


def test_slow_changes_ask_for_long_runs():
    rare = group(profile=None, sources=1, rate_per_s=60.0, arrivals="mmpp", bursts=Bursts(300.0, 3.0, 10.0))
    assert change_s(rare) == 303.0
    assert seconds_wanted(rare, 4) == 30 * 303.0
    assert seconds_least(rare, 4) == 5 * 303.0
    # A thousand sources show a burst soon, but the group's load changes no faster than a burst lasts.
    many = replace(rare, sources=1000)
    assert change_s(many) == pytest.approx(300.0 * 3.0 / 303.0)
    assert change_s(replace(rare, bursts=None, arrivals="poisson", drop_outs=DropOuts(90.0, 10.0))) == 100.0


def test_a_quantile_wants_requests_behind_it():
    camera = group(profile=None, sources=1, rate_per_s=0.001)
    assert requests_wanted(camera) == 10_000
    assert requests_wanted(replace(camera, slo_quantile=0.999)) == 100_000
    assert seconds_least(camera, 3) == pytest.approx(300 / 0.001 / 3)
    # Gaps of coefficient of variation 3 say as much as five times fewer.
    assert requests_wanted(replace(camera, arrivals="gamma", gap_cv=3.0)) == 50_000


def test_runs_of_rare_requests_end_with_enough_of_them():
    """In four runs: 10,000 requests where ten minutes hold them, else 3,000, however long these take."""
    dense = group(profile=None, sources=1, rate_per_s=10.0)
    assert seconds_wanted(dense, 4) == pytest.approx(10_000 / 10.0 / 4)
    assert seconds_wanted(replace(dense, rate_per_s=2.0), 4) == 600.0
    assert seconds_wanted(replace(dense, rate_per_s=0.5), 4) == pytest.approx(3_000 / 0.5 / 4)

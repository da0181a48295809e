"""Runs that nobody would wait for are refused before they begin, with what would do."""

from dataclasses import replace

import pytest

from planner.errors import InputError
from planner.rack.description.life import CarrierFailures, Failures, Life
from planner.rack.load.run_size import LARGEST_FRAMES, frames_of, refuse_long_run
from planner.rack.simulation import simulate


def test_frames_are_rate_times_length_times_runs(make_rack):
    rack = make_rack()  # 6 sources of 15 frames a second on 2 devices, whose epochs are a second long
    assert frames_of(rack, 3) == pytest.approx(3 * rack.duration_s * (6 * 15 + 2))


def test_failures_count_too(make_rack):
    """Two devices that each fail once in 50 + 50 s, in trays of two that fail once in 10 s."""
    life = Life(failures=Failures(50.0, 50.0), carriers=CarrierFailures(2, 9.0, 1.0))
    rack = make_rack()
    more = frames_of(replace(rack, life=life), 1) - frames_of(rack, 1)
    assert more == pytest.approx(rack.duration_s * (2 / 100.0 + 1 / 10.0))
    with pytest.raises(InputError, match="failures in all replications"):
        simulate(replace(rack, life=Life(failures=Failures(1e-9, 1e-9))))


@pytest.mark.parametrize(("duration_s", "replications"), [(1e9, 1), (2e7, 10), (40.0, 1_000_000)])
def test_a_run_of_weeks_is_refused_before_it_begins(make_rack, duration_s, replications):
    rack = replace(make_rack(), duration_s=duration_s, replications=replications)
    with pytest.raises(InputError, match=r"shorten the duration to .*s") as caught:
        simulate(rack)
    (problem,) = caught.value.problems
    assert problem.where == "simulation.duration"
    assert ("replications" in problem.advice) == (replications > 1)


def test_what_the_advice_says_is_accepted(make_rack):
    rack = replace(make_rack(), duration_s=1e9, replications=1)
    refuse_long_run(replace(rack, duration_s=int(rack.duration_s * LARGEST_FRAMES / frames_of(rack, 1))))

from __future__ import annotations

from dataclasses import replace

import pytest

from planner.errors import InputError
from planner.rack.description.streams import DayProfile, StreamGroup
from planner.rack.studies.year import YEAR_S, simulate_year

DAY = DayProfile((0.0, 0.2, 0.8, 0.4), period_s=400.0)
GROUP = StreamGroup("cameras", 8, 15.0, "net", 0.1, profile=DAY)


def test_requests_and_energy_of_a_year_by_hand(make_rack):
    """Below saturation every request is answered: 120 a second times the mean factor of 0.35, 10 ms and 20 W
    above 5 W idle each, two devices and 12 W of fans.
    """
    year = simulate_year(make_rack(streams=(GROUP,)), window_s=10.0, warmup_s=1.0)
    requests = 120.0 * 0.35 * YEAR_S
    assert year.requests.mean == pytest.approx(requests, rel=0.005)
    assert year.requests.low <= requests * 1.001
    assert year.requests.high >= requests * 0.999
    assert year.energy_j.mean == pytest.approx((12 + 2 * 5 + 42.0 * 0.01 * 20) * YEAR_S, rel=0.005)
    assert (year.windows, year.window_s) == (40, 10.0)


def test_the_interval_of_a_year_narrows_with_windows(make_rack):
    rack = make_rack(streams=(replace(GROUP, arrivals="poisson"),))
    few = simulate_year(rack, window_s=5.0, warmup_s=1.0)
    many = simulate_year(rack, window_s=5.0, warmup_s=1.0, windows_per_part=60)
    assert many.energy_j.high - many.energy_j.low < 0.6 * (few.energy_j.high - few.energy_j.low)
    assert many.p99_s["cameras"].low <= many.p99_s["cameras"].mean <= many.p99_s["cameras"].high


def test_windows_match_the_whole_period_simulated(make_rack):
    """The stratified year against three whole periods at full length: same energy within the interval."""
    from planner.rack.simulation import simulate

    rack = make_rack(streams=(replace(GROUP, arrivals="poisson"),), duration_s=1200.0, warmup_s=0.0)
    whole = simulate(rack)
    year = simulate_year(rack, window_s=20.0)
    assert whole.power_w * YEAR_S == pytest.approx(year.energy_j.mean, rel=0.005)
    assert whole.streams[0].latency_s.p99 == pytest.approx(year.p99_s["cameras"].mean, rel=0.1)


def test_what_has_no_year_is_refused(make_rack):
    other = replace(GROUP, name="doors", profile=DayProfile((1.0, 2.0), period_s=300.0))
    with pytest.raises(InputError, match="one period for all streams"):
        simulate_year(make_rack(streams=(GROUP, other)))
    with pytest.raises(InputError, match="10 or more"):
        simulate_year(make_rack(streams=(GROUP,)), windows_per_part=3)
    busy = replace(GROUP, rate_per_s=60.0)
    with pytest.raises(InputError, match="too many"):
        simulate_year(make_rack(streams=(busy,)))

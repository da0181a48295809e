from __future__ import annotations

from dataclasses import replace

import pytest

from planner.errors import InputError
from planner.rack.description.streams import StreamGroup
from planner.rack.studies.designs import compare_racks


def test_pairing_finds_a_small_difference_and_says_what_it_spared(make_rack):
    """5 W more of fans are 5 W more power, exactly; a third device shortens the tail of the same requests."""
    group = StreamGroup("door", 1, 150.0, "net", 0.1, arrivals="poisson")
    rack = make_rack(streams=(group,), replications=8)
    power, p99 = compare_racks(rack, replace(rack, fan_w=rack.fan_w + 5.0))
    assert (power.what, p99.what) == ("power_w", "door p99_s")
    assert power.mean == pytest.approx(5.0, abs=1e-9)
    assert power.high - power.low < 1e-6
    assert (p99.mean, p99.variance_ratio) == (0.0, None)
    power, p99 = compare_racks(rack, replace(rack, count=3))
    assert power.low < 5.0 < power.high + 0.1, "one more idle device"
    assert p99.high < 0
    assert power.variance_ratio > 10


def test_racks_that_see_other_requests_are_not_compared(make_rack):
    rack = make_rack()
    for change in ({"seed": 1}, {"replications": 3}, {"streams": (replace(rack.streams[0], sources=7),)}):
        with pytest.raises(InputError, match="the same in both racks"):
            compare_racks(rack, replace(rack, **change))
    with pytest.raises(InputError, match="two or more"):
        compare_racks(replace(rack, replications=1), replace(rack, replications=1, count=3))

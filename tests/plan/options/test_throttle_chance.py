"""How probable throttling is over the spread of a cooler: ends of a band of 90 %, and what lies beyond."""

from __future__ import annotations

import pytest

from planner.plan.options.coolers import ResistanceBand
from planner.plan.options.throttle_chance import throttle_probability
from planner.provenance import Status
from planner.units import format_probability

BAND = ResistanceBand(low_k_per_w=1.3, mid_k_per_w=2.0, high_k_per_w=2.8, status=Status.ASSUMED, source="")
INLET_C, THROTTLE_C = 40.0, 90.0


def chance(ratio: float, band: ResistanceBand = BAND) -> float:
    """Of a die that throttles from this many times its planned resistance on."""
    return throttle_probability(band, INLET_C, INLET_C + (THROTTLE_C - INLET_C) / ratio, THROTTLE_C)


@pytest.mark.parametrize(("ratio", "expected"), [(1.4, 0.05), (1.0, 0.5), (0.65, 0.95)])
def test_the_ends_of_the_band_are_its_fifth_and_ninety_fifth_percentile(ratio, expected):
    assert chance(ratio) == pytest.approx(expected, abs=1e-9)


def test_twice_as_far_out_is_twice_as_many_deviations():
    """ln 1.4 is 1.645 standard deviations: 1.4 ** 2 is 3.29 of them, one in two thousand."""
    assert chance(1.4**2) == pytest.approx(0.0005, rel=0.01)


def test_it_falls_as_the_margin_grows():
    found = [chance(ratio) for ratio in (0.5, 0.8, 1.0, 1.2, 1.6, 3.0)]
    assert found == sorted(found, reverse=True)


def test_air_warmer_than_the_throttle_is_certain_and_cold_devices_are_safe():
    assert throttle_probability(BAND, 91.0, 95.0, 90.0) == 1.0
    assert throttle_probability(BAND, 40.0, 40.0, 90.0) == 0.0


def test_a_resistance_without_spread_is_a_threshold():
    certain = ResistanceBand(2.0, 2.0, 2.0, Status.MEASURED, "")
    assert (chance(1.01, certain), chance(0.99, certain)) == (0.0, 1.0)


@pytest.mark.parametrize(("share", "text"), [(1e-9, "< 1 %"), (0.354, "35 %"), (0.9999, "> 99 %")])
def test_no_probability_reads_as_certain(share, text):
    assert format_probability(share) == text

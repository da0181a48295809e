"""One device from cold under full load, against the step response of one store."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

import planner
from planner import api
from planner.errors import InputError, UnknownIdError
from planner.hardware.catalog import read_device
from planner.plan.options.coolers import cooled, rise_band
from planner.provenance import Status
from planner.rack.description.device import RackDevice, Service, Thermal
from planner.rack.heat.steady import with_capacity
from planner.rack.studies.soak import soak

SERVICE = Service("network", (0.01,), clocked_share=1.0, busy_w=8.0)
THERMAL = Thermal(
    resistance_k_per_w=6.0,
    heat_capacity_j_per_k=50.0,
    throttle_c=80.0,
    hysteresis_k=2.0,
    shutdown_c=110.0,
    throttled_clock=0.5,
)
DEVICE = RackDevice("device", 2.0, (SERVICE,), THERMAL)


def test_time_to_throttle_is_that_of_the_step_response():
    """25 + 6 K/W x 10 W = 85 degC; t = -R C ln(1 - 55 / 60), to the next epoch."""
    by_hand = -300.0 * math.log(1.0 - 55.0 / 60.0)
    found = soak(DEVICE, SERVICE, 25.0, 3600.0)
    assert found.time_to_throttle_s == pytest.approx(by_hand, abs=1.0)
    assert found.first_minute_per_s == pytest.approx(100.0)
    assert 80.0 <= found.hottest_c < 81.0


def test_the_rate_after_an_hour_balances_heat_at_the_trip():
    """The clock swings between 1 and 0.5; its mean power, 2 + 8 c, keeps the die at 80 degC: 55 / 6 W."""
    device = replace(DEVICE, thermal=replace(THERMAL, hysteresis_k=0.0))
    found = soak(device, SERVICE, 25.0, 3600.0)
    clock = (55.0 / 6.0 - 2.0) / 8.0
    assert found.last_minute_per_s == pytest.approx(100.0 * clock, rel=0.02)
    assert found.kept == pytest.approx(clock, rel=0.02)


def test_a_cool_device_never_throttles_and_a_hot_one_shuts_down():
    cool = soak(replace(DEVICE, thermal=replace(THERMAL, resistance_k_per_w=5.0)), SERVICE, 25.0, 1200.0)
    assert (cool.time_to_throttle_s, cool.shutdown_s, cool.throttled_share) == (None, None, 0.0)
    assert cool.last_minute_per_s == cool.first_minute_per_s
    hot = soak(replace(DEVICE, thermal=replace(THERMAL, resistance_k_per_w=20.0)), SERVICE, 25.0, 3600.0)
    assert hot.shutdown_s is not None
    assert hot.last_minute_per_s < hot.first_minute_per_s


def test_an_estimate_is_held_under_a_cooler_that_one_names():
    """A bare Raspberry Pi 5 throttles within minutes, one under its active cooler does not."""
    found = planner.estimate("zoo:yolov5s", "raspberry-pi-5", precision="int8")
    bare, active = api.soak(found, cooler="bare"), api.soak(found)
    assert bare.planned.time_to_throttle_s is not None
    assert bare.planned.time_to_throttle_s < 600.0
    assert bare.planned.kept < 1.0
    assert active.worst.time_to_throttle_s is None
    stated = api.soak(found, cooler="5.46 K/W", ambient_c=45.0, duration_s=600.0)
    assert stated.part.thermal.resistance_k_per_w.value == 5.46
    # A larger resistance throttles sooner.
    times = [end.time_to_throttle_s or math.inf for end in (stated.best, stated.planned, stated.worst)]
    assert times == sorted(times, reverse=True)


def test_a_heavier_cooler_throttles_later_in_proportion():
    """Stores twice as large, resistances alike: all times are twice as long, to the second of an epoch."""
    hot = replace(DEVICE, thermal=replace(THERMAL, resistance_k_per_w=20.0))
    twice = replace(hot, thermal=with_capacity(hot.thermal, 2.0))
    assert twice.thermal.heat_capacity_j_per_k == pytest.approx(2.0 * hot.thermal.heat_capacity_j_per_k)
    once_s, later_s = (soak(item, SERVICE, 25.0, 3600.0).time_to_throttle_s for item in (hot, twice))
    assert once_s is not None
    assert later_s == pytest.approx(2.0 * once_s, abs=2.0)


def test_an_assumed_heat_capacity_has_the_wider_band():
    part = read_device("jetson-nano-4")
    low, high = rise_band(cooled(part, "kit").thermal)
    assert cooled(part, "kit").thermal.heat_capacity_j_per_k.status is Status.DERIVED
    wide_low, wide_high = rise_band(read_device("raspberry-pi-4b").thermal)
    assert wide_low < low < 1.0 < high < wide_high


def test_thin_air_cools_a_sink_less():
    """At 3000 m air of 25 degC has 0.819 kg/m3, and 1.184 at the sea: 70 % of the cooler's resistance, which
    is to the air, rises as the root of 1.204 over it, and the whole by 14.2 %."""
    found = planner.estimate("zoo:resnet18", "raspberry-pi-5", mode="default", precision="int8")
    low, high = (
        api.soak(found, cooler="1 K/W", duration_s=7200.0, altitude_m=altitude_m).planned.hottest_c
        for altitude_m in (0.0, 3000.0)
    )
    assert (high - 25.0) / (low - 25.0) == pytest.approx(1.142, abs=0.002)


@pytest.mark.parametrize(
    ("changes", "refused", "said"),
    [
        ({"cooler": "water"}, UnknownIdError, "cooler of raspberry-pi-5 'water'"),
        ({"cooler": "0 K/W"}, InputError, "more than 0 K/W"),
        ({"duration_s": 60.0}, InputError, "120 s or more"),
        ({"cooler": "3 W/K"}, InputError, "did you mean 3 K/W"),
        ({"altitude_m": 12_000.0}, InputError, "0 to 11000 m"),
    ],
)
def test_a_soak_that_cannot_be_is_refused(changes, refused, said):
    found = planner.estimate("zoo:resnet18", "raspberry-pi-5")
    with pytest.raises(refused, match=said):
        api.soak(found, **changes)

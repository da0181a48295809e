"""What takes devices out of service in a run: failures, outages, a new model in waves; both engines alike."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.errors import InputError
from planner.rack.compiled import engine as compiled_engine
from planner.rack.description.life import Failures, Life, Outage
from planner.rack.description.rolling_update import RollingUpdate
from planner.rack.description.streams import StreamGroup
from planner.rack.reference import engine as simpy_engine
from planner.rack.run.availability import AvailabilityTimeline
from planner.rack.run.rolling_update import UpdateTimeline
from planner.rack.simulation import simulate


@pytest.fixture
def busy(make_rack):
    """Four devices that are 60 % busy: three carry the load at 80 %, two cannot."""
    cameras = StreamGroup("cameras", 16, 15.0, "net", 0.1)
    return make_rack(count=4, streams=(cameras,), duration_s=60.0, warmup_s=0.0, replications=3)


def test_survivors_carry_the_load_and_heat_up(busy):
    """One of four lost from 20 to 40 s: a quarter of a third of the time is out, the others run hotter."""
    hurt = replace(busy, life=Life(outages=(Outage(20.0, 20.0),)))
    sound, found = simulate(busy), simulate(hurt)
    assert found.devices.out_share == pytest.approx(20 / 60 / 4)
    assert (found.devices.outages, found.devices.shutdowns) == (1.0, 0.0)
    warmer_k = 4.0 * 1.2 * (1 - math.exp(-20 / 60))
    """A fifth more of 20 W for 20 s, through 1.2 K/W with a time constant of 60 s."""
    hottest = found.devices.temperature_c.max - sound.devices.temperature_c.max
    assert hottest == pytest.approx(warmer_k, rel=0.05)
    busy_meanwhile = np.array(found.series.utilisation)[25:40].mean()
    assert busy_meanwhile == pytest.approx(np.array(sound.series.utilisation)[25:40].mean(), rel=0.03)
    assert max(found.invariants.values()) < 1e-9


def test_a_device_that_fails_draws_nothing_and_cools(busy):
    records = simpy_engine.run_replication(replace(busy, life=Life(outages=(Outage(20.0, 30.0, 1, 2),))), 0)
    assert not records.epochs.power_w[20:50, 2].any()
    assert records.epochs.power_w[19, 2] > 5.0
    assert records.epochs.temperature_c[49, 2] < records.epochs.temperature_c[19, 2]
    assert np.isinf(records.shutdown_s).all(), "failing is no shutdown from heat"
    assert not (records.requests.device[records.requests.start_s > 20.0] == 2)[:100].any()


def test_failures_take_the_share_of_time_that_their_means_say(busy):
    """Up 5 s, down 1 s: out 1/6 of the time; 40 devices for 200 s give a standard error of 0.7 %."""
    rack = replace(busy, count=40, duration_s=200.0, life=Life(failures=Failures(5.0, 1.0)))
    out = np.mean([AvailabilityTimeline(rack, 0).at(t).failed.mean() for t in np.arange(0.5, 200, 0.5)])
    assert out == pytest.approx(1 / 6, abs=0.025)
    again, other = AvailabilityTimeline(rack, 0).at(77.0), AvailabilityTimeline(rack, 1).at(77.0)
    assert np.array_equal(again.failed, AvailabilityTimeline(rack, 0).at(77.0).failed)
    assert not np.array_equal(again.failed, other.failed)


@given(
    count=st.integers(1, 40),
    at_once=st.integers(1, 7),
    first=st.floats(0.01, 1.0),
    ratio=st.sampled_from([0.9, 1.5]),
)
def test_waves_reach_every_device_once_and_never_too_many_at_once(count, at_once, first, ratio):
    update = RollingUpdate(10.0, 3.0, at_once, first, 5.0, time_ratio=ratio, roll_back_over=1.2)
    steps = UpdateTimeline(update, count).steps_known_at(0.0)
    assert all(a.start_s <= b.start_s for a, b in pairwise(steps))
    for now_s in np.arange(10.0, steps[-1].end_s, 1.5):
        assert sum(step.start_s <= now_s < step.end_s for step in steps) <= at_once
    to_new = [step.device for step in steps if step.to_new]
    back = [step.device for step in steps if not step.to_new]
    assert back == (to_new if ratio > 1.2 else [])
    assert len(to_new) == count if ratio < 1.2 else len(to_new) >= min(1, count)


def test_a_grey_release_that_is_too_slow_is_rolled_back(busy):
    """A quarter first, half as fast again: after the soak every device serves the old model, as before."""
    update = RollingUpdate(10.0, 2.0, first_share=0.25, soak_s=10.0, time_ratio=1.5, roll_back_over=1.2)
    records = simpy_engine.run_replication(replace(busy, life=Life(update=update)), 0)
    batches = records.batches
    length_s = batches.end_s - batches.start_s
    soaking = (batches.start_s > 12.0) & (batches.start_s < 21.0)
    assert length_s[soaking & (batches.device == 0)] == pytest.approx(0.015)
    assert length_s[soaking & (batches.device != 0)] == pytest.approx(0.01)
    assert length_s[batches.start_s > 25.0] == pytest.approx(0.01)
    kept = replace(update, roll_back_over=2.0)
    batches = simpy_engine.run_replication(replace(busy, life=Life(update=kept)), 0).batches
    assert (batches.end_s - batches.start_s)[batches.start_s > 35.0] == pytest.approx(0.015)


def test_a_drained_update_loses_nothing_and_a_sudden_one_does(busy):
    gentle = RollingUpdate(10.0, 5.0)
    for update, lost in ((gentle, False), (replace(gentle, drain_s=0.0), True)):
        result = simulate(replace(busy, life=Life(update=update)))
        assert (result.streams[0].dropped > 0) is lost
        assert result.devices.out_share == pytest.approx(5 / 60)


def test_a_hot_swap_interrupts_nobody(busy):
    swap = RollingUpdate(10.0, 0.0, at_once=4, time_ratio=0.5)
    result = simulate(replace(busy, life=Life(update=swap)))
    assert (result.devices.out_share, result.devices.outages, result.streams[0].dropped) == (0.0, 0.0, 0)
    assert result.series.utilisation[40] == pytest.approx(result.series.utilisation[5] / 2, rel=0.05)


def test_all_devices_out_at_once_drop_what_comes(busy):
    rack = replace(busy, life=Life(outages=(Outage(20.0, 5.0, devices=4),)))
    fast = compiled_engine.run_replication(rack, 0)
    assert fast.streams[0].dropped == pytest.approx(5 * 240, abs=20)


def test_nonsense_is_refused_with_all_of_it(busy):
    with pytest.raises(InputError, match="4 problems"):
        RollingUpdate(-1.0, 1.0, at_once=0, first_share=0.0, time_ratio=float("nan"))
    with pytest.raises(InputError, match="up to number 5"):
        replace(busy, life=Life(outages=(Outage(1.0, 1.0, first=4),)))

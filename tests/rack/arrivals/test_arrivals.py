from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from planner.rack.arrivals.merged import draw_arrivals
from planner.rack.description.rack import Batching, Service
from planner.rack.description.streams import StreamGroup


def same(one, other) -> bool:
    return all(
        getattr(one, name).tobytes() == getattr(other, name).tobytes()
        for name in ("time_s", "stream", "work")
    )


def test_the_same_cameras_whatever_serves_them(make_rack):
    """Common random numbers: devices, dispatch and air change no arrival; seed and replication change all."""
    rack = make_rack()
    drawn = draw_arrivals(rack, 0)
    assert same(drawn, draw_arrivals(replace(rack, count=9, dispatch="central_queue", fan_w=1.0), 0))
    assert not same(drawn, draw_arrivals(rack, 1))
    assert not same(drawn, draw_arrivals(replace(rack, seed=1), 0))


def test_a_further_group_leaves_the_first_alone(make_rack):
    rack = make_rack()
    drawn = draw_arrivals(rack, 0)
    both = draw_arrivals(
        replace(rack, streams=(*rack.streams, StreamGroup("more", 3, 7.0, "net", 0.1, arrivals="poisson"))), 0
    )
    assert both.time_s[both.stream == 0].tobytes() == drawn.time_s.tobytes()
    assert (both.stream == 1).any()


@pytest.mark.parametrize("arrivals", ["periodic", "poisson"])
def test_a_longer_run_begins_as_the_shorter_one(make_rack, arrivals):
    jitter_s = 0.01 if arrivals == "periodic" else 0.0
    group = StreamGroup("cameras", 5, 15.0, "net", 0.1, arrivals=arrivals, jitter_s=jitter_s)
    short = draw_arrivals(make_rack(streams=(group,)), 0).time_s
    long = draw_arrivals(make_rack(streams=(group,), duration_s=40.0), 0).time_s
    assert long[: short.size].tobytes() == short.tobytes()
    assert long.size > 3 * short.size


def test_a_camera_is_periodic_within_its_jitter(make_rack):
    group = StreamGroup("camera", 1, 10.0, "net", 0.1, jitter_s=0.02)
    time_s = draw_arrivals(make_rack(streams=(group,)), 0).time_s
    assert time_s.size == pytest.approx(120, abs=1)
    gaps_s = np.diff(time_s)
    assert gaps_s.min() >= 0.06
    assert gaps_s.max() <= 0.14
    assert gaps_s.std() == pytest.approx(0.02 * np.sqrt(2 / 3), rel=0.2), "difference of two uniform draws"
    still = np.diff(draw_arrivals(make_rack(streams=(replace(group, jitter_s=0.0),)), 0).time_s)
    assert still == pytest.approx(0.1, rel=1e-9)


def test_phases_are_spread_over_the_period(make_rack):
    group = StreamGroup("cameras", 2000, 1.0, "net", 0.1)
    drawn = draw_arrivals(make_rack(streams=(group,), duration_s=1.0, warmup_s=0.0), 0)
    assert drawn.time_s.size == 2000
    assert drawn.time_s.mean() == pytest.approx(0.5, abs=4 / np.sqrt(12 * 2000))
    assert drawn.time_s.std() == pytest.approx(1 / np.sqrt(12), rel=0.05)


def test_poisson_counts_have_equal_mean_and_variance(make_rack):
    group = StreamGroup("source", 1, 50.0, "net", 0.1, arrivals="poisson")
    rack = make_rack(streams=(group,), duration_s=400.0)
    counts = np.bincount(draw_arrivals(rack, 0).time_s.astype(int), minlength=400)
    assert counts.mean() == pytest.approx(50.0, abs=4 * np.sqrt(50 / 400))
    assert counts.var() == pytest.approx(50.0, rel=0.3)


def test_work_is_one_unless_service_is_random(make_rack):
    rack = make_rack(batching=Batching(), duration_s=100.0)
    assert (draw_arrivals(rack, 0).work == 1.0).all()
    service = Service("net", (0.01,), 0.5, 20.0, service_distribution="exponential")
    work = draw_arrivals(replace(rack, device=replace(rack.device, services=(service,))), 0).work
    assert work.mean() == pytest.approx(1.0, abs=4 / np.sqrt(work.size))
    assert work.std() == pytest.approx(1.0, rel=0.1)

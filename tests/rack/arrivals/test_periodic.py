"""Cameras as a matrix: the frames of as many sources apart, bit by bit."""

from __future__ import annotations

import numpy as np
import pytest

from planner.rack.arrivals.periodic import PeriodicCameras, is_plain
from planner.rack.arrivals.processes import block_of, source_blocks
from planner.rack.description.streams import DayProfile, StreamGroup


def chance(number: int) -> np.random.Generator:
    return np.random.default_rng((7, number))


@pytest.mark.parametrize("jitter_s", [0.0, 0.02])
@pytest.mark.parametrize("block", [16, 51, 512])
@pytest.mark.parametrize("cuts_s", [(20.0,), (0.01, 0.011, 3.0, 9.5, 20.0), tuple(np.arange(0.5, 20.5, 0.5))])
def test_the_frames_are_those_of_each_camera_alone(jitter_s, block, cuts_s):
    group = StreamGroup("cameras", 5, 15.0, "net", 0.1, jitter_s=jitter_s)
    cameras = PeriodicCameras(group, [chance(n) for n in range(5)], block)
    found: list[list[float]] = [[] for _ in range(5)]
    for cut_s in cuts_s:
        time_s, sizes = cameras.times_before(cut_s)
        for camera, own in zip(found, np.split(time_s, np.cumsum(sizes)[:-1]), strict=True):
            camera.extend(own.tolist())
    for number, camera in enumerate(found):
        alone = next(source_blocks(group, chance(number), None))
        assert camera == alone[alone < 20.0].tolist()


def test_a_frame_on_a_cut_comes_after_it():
    group = StreamGroup("cameras", 1, 4.0, "net", 0.1)
    cameras = PeriodicCameras(group, [chance(0)], 16)
    first_s = float(cameras.times_before(0.25)[0][0])
    (none, _), (one, _) = cameras.times_before(first_s + 0.25), cameras.times_before(first_s + 0.26)
    assert none.size == 0
    assert one.tolist() == [first_s + 0.25]


def test_what_changes_a_camera_is_drawn_apart():
    plain = StreamGroup("cameras", 1, 4.0, "net", 0.1)
    assert is_plain(plain)
    assert not is_plain(StreamGroup("cameras", 1, 4.0, "net", 0.1, arrivals="poisson"))
    assert not is_plain(StreamGroup("cameras", 1, 4.0, "net", 0.1, profile=DayProfile((1.0, 0.5))))


def test_many_sources_draw_less_at_once():
    """Eight bytes a time: no more than 17 MB for any number of sources below 131,072."""
    assert block_of(1) == 512
    assert max(block_of(n) * n for n in range(1, 131_072, 97)) <= 1 << 21
    assert block_of(10_000_000) == 16

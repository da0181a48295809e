"""Devices that are dealt a camera too many, by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from planner.chain.description import Chains
from planner.chain.fullest import cannot_keep_up
from tests.chain.test_prediction import UNITS, cameras, visit

DECODE = visit("decode", "dec", 0.001, None, kind="decode")


def chains(detect_s: float, *, sources: int = 10, more: tuple[object, ...] = ()) -> Chains:
    """Ten cameras at 10 frames a second: each asks for 10 x its time of the GPU."""
    return Chains(UNITS, (cameras(DECODE, visit("detect", "gpu", detect_s, 0), *more, sources=sources),))


def test_the_fullest_device_decides_and_not_the_mean():
    """26 ms a frame: a camera takes 26 % of a GPU, four are too many. On three devices one has four, so that
    40 % of the cameras wait without end, though the mean is 87 %; on four none has more than three. At 25 ms
    four fill it to the last frame."""
    assert cannot_keep_up(chains(0.026), 3, "mid")
    assert not cannot_keep_up(chains(0.026), 4, "mid")
    assert not cannot_keep_up(chains(0.025), 3, "mid")


def test_a_few_cameras_may_be_late():
    """101 cameras on 50 devices of two, one of three that it cannot carry: 3 of 101 are late."""
    many = chains(0.034, sources=101)
    assert cannot_keep_up(many, 50, "mid")
    lax = replace(many, streams=(replace(many.streams[0], slo_quantile=0.95),))
    assert not cannot_keep_up(lax, 50, "mid")


def test_frames_that_any_device_may_serve_are_not_dealt():
    loose = Chains(UNITS, (cameras(visit("detect", "gpu", 0.026, None)),))
    assert not cannot_keep_up(loose, 3, "mid")


def test_what_answers_nobody_makes_no_answer_late():
    beside = visit("record", "cores", 0.2, 0, kind="encode", answers=False)
    assert not cannot_keep_up(chains(0.01, more=(beside,)), 2, "mid")


@pytest.mark.parametrize("change", [{"queue_limit": 2}, {"priority": 1}])
def test_it_is_left_to_the_simulation_where_others_may_be_late_instead(change):
    full = chains(0.026)
    other = replace(full.streams[0], name="other", sources=1)
    both = replace(full, streams=(replace(full.streams[0], **change), other))
    assert not cannot_keep_up(both, 3, "mid")

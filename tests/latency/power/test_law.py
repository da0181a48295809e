"""Power by what a unit does: by hand, and the directions in which it has to move."""

import math
from dataclasses import replace

import pytest

from planner.hardware.catalog import read_device
from planner.latency.point import point_for
from planner.latency.power.activity import Activity
from planner.latency.power.draw import assumed_deviation, power_draw
from planner.latency.power.law import activity_factor, dynamic_w, part_power_w

VALUES = {
    "gaps": 0.5, "arithmetic": 0.2, "traffic": 0.3, "threads": 0.5, "clock_power": 2.0, "unit": 0.8,
    "clock of jetson-orin-nano-8": 0.5,
}  # fmt: skip
NANO = read_device("jetson-orin-nano-8")
TOP = point_for(NANO, mode="MAXN_SUPER", precision="fp16")


def test_the_law_by_hand():
    """Standing 0.5; half of the arithmetic 0.1; all of the traffic 0.3; a fifth of the time idle: x 0.9."""
    found = part_power_w(TOP, Activity(0.5, 1.0, 0.2), "unit", VALUES)
    span_w = TOP.power_limit_w - TOP.idle_w
    assert found == pytest.approx(TOP.idle_w + 0.8 * span_w * 0.9 * (0.5 + 0.1 + 0.3))


def test_the_clock_acts_with_the_exponent_of_the_part():
    slow = point_for(NANO, mode="15W", precision="fp16")
    own = dynamic_w(slow, "unit", VALUES) / dynamic_w(TOP, "unit", VALUES)
    assert own == pytest.approx(625 / 1020)
    other = replace(slow, device="another")
    assert dynamic_w(other, "unit", VALUES) / dynamic_w(TOP, "unit", VALUES) == pytest.approx(
        (625 / 1020) ** 2
    )


def test_half_of_the_partitions_draw_half():
    half = replace(TOP, active_share=0.5)
    assert dynamic_w(half, "unit", VALUES) == pytest.approx(dynamic_w(TOP, "unit", VALUES) / 2)


def test_launches_of_a_processor_are_no_idle_time():
    gaps = Activity(0.5, 0.5, 0.4)
    assert activity_factor(TOP, gaps, VALUES) < activity_factor(TOP, Activity(0.5, 0.5), VALUES)
    cpu = point_for(NANO, unit="cpu", mode="MAXN_SUPER")
    assert activity_factor(cpu, gaps, VALUES) == activity_factor(cpu, Activity(0.5, 0.5), VALUES)


def test_one_core_of_four_draws_half_of_all():
    cpu = replace(point_for(NANO, unit="cpu", mode="MAXN_SUPER"), threads_share=0.25)
    whole = replace(cpu, threads_share=1.0)
    work = Activity(0.5, 0.1)
    assert activity_factor(cpu, work, VALUES) == pytest.approx(0.5 * activity_factor(whole, work, VALUES))


def test_what_is_assumed_widens_the_band():
    """A limit that nobody states leaves the share above idle open by a fifth."""
    known = replace(TOP, idle_assumed=False, limit_assumed=False)
    mid_w = 2.0 * known.idle_w
    assert assumed_deviation(known, mid_w, VALUES) == 0.0
    assert assumed_deviation(replace(known, limit_assumed=True), mid_w, VALUES) == pytest.approx(0.1)
    both = replace(known, limit_assumed=True, idle_assumed=True)
    assert assumed_deviation(both, mid_w, VALUES) == pytest.approx(math.hypot(0.1, 0.15))


@pytest.mark.parametrize("device", ["hailo-8", "t4", "rk3588", "intel-n100", "coral-edgetpu-usb"])
def test_every_kind_of_unit_draws_by_what_it_does(device):
    point = point_for(read_device(device))
    idle, busy = power_draw(point, Activity(0.0, 0.1, 0.8)), power_draw(point, Activity(0.9, 0.9))
    assert point.idle_w < idle.part_w.mid < busy.part_w.mid <= point.power_limit_w


def test_no_unit_without_published_watts_has_the_narrower_band():
    fitted = power_draw(TOP, Activity(0.3, 0.3)).part_w
    card = point_for(read_device("nvidia-a10"))
    unseen = power_draw(card, Activity(0.1, 0.1, 0.5)).part_w
    assert unseen.high / unseen.low > fitted.high / fitted.low
    assert unseen.level is None

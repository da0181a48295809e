"""Failures, updates, offloading and clock savings against hand calculations and published figures."""

from __future__ import annotations

import importlib.util
import lzma
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.errors import InputError
from planner.rack.description.life import CarrierFailures, Failures
from planner.rack.description.rack import Air
from planner.rack.studies.delta import measure_delta, word_difference, zstd_patch
from planner.rack.studies.dvfs import ClockThresholds, saving_band
from planner.rack.studies.offload import CloudRequest, OffloadLink, largest_share, offload
from planner.rack.studies.reliability import (
    Redundancy,
    arrhenius_factor,
    availability,
    enough_up,
    rack_availability,
    spares_for,
    survivors,
    up_shares,
)
from planner.rack.studies.updates import Rollout, fit_interruption, roll_out


@pytest.mark.parametrize(
    ("needed", "spares", "share"),
    [
        (20, 0, 0.905),
        (20, 1, 0.9951),
        (20, 2, 0.9998),
        (60, 0, 0.740),
        (60, 1, 0.962),
        (60, 2, 0.9962),
        (60, 3, 0.9997),
    ],
)
def test_spares_at_an_availability_of_995_in_1000(needed, spares, share):
    assert enough_up(needed, spares, 0.995) == pytest.approx(share, abs=6e-4)
    rack = Redundancy(needed, needed, Failures(995.0, 5.0))
    assert rack_availability(rack, spares) == pytest.approx(enough_up(needed, spares, 0.995))
    assert spares_for(rack, enough_up(needed, spares, 0.995) - 1e-12) == spares


def test_availability_is_uptime_over_the_cycle():
    assert availability(995.0, 5.0) == pytest.approx(0.995)


def test_trays_by_hand():
    """Two trays of two at 0.9 each, devices at 0.8: three of four up takes both trays.

    0.81 x (0.8^4 + 4 x 0.8^3 x 0.2) = 0.81 x 0.8192.
    """
    rack = Redundancy(4, 3, Failures(80.0, 20.0), CarrierFailures(2, 90.0, 10.0))
    assert rack_availability(rack, 0) == pytest.approx(0.81 * 0.8192)
    assert up_shares(rack.failures, rack.carriers, 5).sum() == pytest.approx(1.0)


def test_the_time_to_take_over_by_hand():
    """Two of two needed, one spare, A = 0.99: each failure with all three up is out for 60 s of 2 / MTBF.

    Where the second fails no spare is left: that time is in the binomial already.
    """
    mtbf_s, mttr_s = 99e4, 1e4
    rack = Redundancy(2, 2, Failures(mtbf_s, mttr_s), takes_over_s=60.0)
    binomial = 0.99**3 + 3 * 0.99**2 * 0.01
    assert rack_availability(rack, 1) == pytest.approx(binomial - 60.0 * 0.99**3 * 2 / mtbf_s, rel=1e-12)
    roomy = replace(rack, needed=1)
    assert rack_availability(roomy, 1) == pytest.approx(1 - 0.01**3), "one left is enough: nothing is missed"
    slow = replace(rack, takes_over_s=2e4)
    assert spares_for(slow, 0.9999) is None, "no number of spares makes up for the time that they take"


def test_ten_kelvin_double_the_failures_at_seven_tenths_of_an_electronvolt():
    """The old rule of thumb, at 55 to 65 C: exp(0.7 / k (1/328.15 - 1/338.15)) = 2.08."""
    assert arrhenius_factor(55.0, 65.0, 0.7) == pytest.approx(2.08, abs=0.01)
    assert arrhenius_factor(60.0, 60.0, 0.5) == 1.0


def test_survivors_are_busier_and_warmer_until_they_throttle(make_rack, thermal):
    """45 % busy on each of two; alone 90 %, at 23 W over 3 K/W from 25 C it passes the trip."""
    hot = replace(thermal, resistance_k_per_w=3.0)
    rack = make_rack(air=Air(25.0, 10.0), fan_w=0.0)
    rack = replace(rack, device=replace(rack.device, thermal=hot))
    both, one = survivors(rack, up_shares(Failures(99.0, 1.0), None, 2), 1)
    assert (both.utilisation, one.utilisation) == pytest.approx((0.45, 0.9))
    assert both.hottest_c == pytest.approx(25 + 3 * 14.0, abs=0.05)
    assert one.hottest_c == pytest.approx(25 + 3 * 23.0, abs=0.05)
    assert not both.throttles
    assert one.throttles
    assert not one.overloaded
    assert (both.probability, one.probability) == pytest.approx((0.9801, 2 * 0.99 * 0.01))
    assert (both.serving, one.serving) == (2, 1)


PUBLISHED = {"full_bytes": 1.2e9, "full_s": 45.0, "delta_bytes": 86e6, "delta_s": 12.0}


def test_two_interruptions_fix_a_rate_and_a_time():
    fit = fit_interruption(**PUBLISHED)
    assert fit.rate_bytes_per_s == pytest.approx(1114e6 / 33.0)
    assert fit.fixed_s == pytest.approx(9.45, abs=0.01)
    rebuilding = fit_interruption(**PUBLISHED, apply_s=2.4)
    assert rebuilding.rate_bytes_per_s == pytest.approx(1114e6 / 35.4)
    for given_reading in (fit, rebuilding):
        whole = 1.2e9 / given_reading.rate_bytes_per_s + given_reading.fixed_s
        part = 86e6 / given_reading.rate_bytes_per_s + given_reading.fixed_s + given_reading.apply_s
        assert (whole, part) == pytest.approx((45.0, 12.0))
    assert fit_interruption(**{**PUBLISHED, "delta_s": 1.0}) is None, "shorter than any fixed time"


ROLLOUT = Rollout(
    devices=10,
    at_once=4,
    link_bytes_per_s=10e6,
    verify_and_load_s=5.0,
    apply_bytes_per_s=50e6,
    full_bytes=100e6,
    hot_swap=False,
)


def test_a_rollout_in_waves():
    """100 MB at 10 MB/s shared by four: 40 s, then 5 s; waves of 4, 4 and 2."""
    whole = roll_out(ROLLOUT, 100e6)
    assert (whole.waves, whole.transfer_s, whole.interruption_s) == (3, 40.0, 45.0)
    assert whole.total_s == pytest.approx(45.0 + 45.0 + 25.0)
    assert whole.lost_device_s == pytest.approx(4 * 45.0 + 4 * 45.0 + 2 * 25.0)
    part = roll_out(ROLLOUT, 10e6)
    assert part.interruption_s == pytest.approx(4.0 + 2.0 + 5.0), "less to send, but to be rebuilt"
    swapped = roll_out(replace(ROLLOUT, hot_swap=True), 100e6)
    assert (swapped.interruption_s, swapped.lost_device_s) == (0.0, 0.0)
    failing = roll_out(replace(ROLLOUT, failing_share=0.1), 100e6)
    assert failing.rollbacks == pytest.approx(1.0)
    assert failing.lost_device_s == pytest.approx(whole.lost_device_s + 5.0)


def apply_word_difference(old: bytes, difference: bytes) -> bytes:
    """The new file again, from the old one and what `word_difference` gave."""
    length = int.from_bytes(difference[:8], "little")
    planes = np.frombuffer(lzma.decompress(difference[8:]), dtype=np.uint8)
    changes = np.ascontiguousarray(planes.reshape(4, -1).T).view("<u4").ravel()
    words = np.frombuffer(old[: planes.size].ljust(planes.size, b"\0"), dtype="<u4")
    return (words + changes).astype("<u4").tobytes()[:length]


@given(old=st.binary(min_size=1, max_size=300), new=st.binary(min_size=1, max_size=300))
def test_a_word_difference_gives_the_new_file_again(old, new):
    assert apply_word_difference(old, word_difference(old, new)) == new


@pytest.fixture(scope="module")
def weights() -> np.ndarray:
    return np.random.default_rng(1).normal(0, 0.05, 200_000).astype("<f4")


def test_a_changed_head_is_a_small_difference_and_changed_weights_are_not(weights):
    head = weights.copy()
    head[-2_000:] += np.float32(0.01)
    trained = (weights * (1 + 0.1 * np.random.default_rng(2).normal(size=weights.size))).astype("<f4")
    small = measure_delta(weights.tobytes(), head.tobytes())
    large = measure_delta(weights.tobytes(), trained.tobytes())
    assert small.ratio < 0.02
    assert 0.7 < large.ratio < 1.0
    assert large.new_bytes == 800_000


def test_a_shifted_file_needs_moved_blocks(weights):
    if importlib.util.find_spec("zstandard") is None:
        pytest.skip("the extra `delta` is not installed")
    old, new = weights.tobytes(), b"header of another length" + weights.tobytes()
    assert len(zstd_patch(old, new)) < 0.01 * len(new)
    assert measure_delta(old, new).method.startswith("Zstandard")


LINK = OffloadLink(round_trip_s=0.04, up_bytes_per_s=2.5e6, down_bytes_per_s=5e6, loss=0.0, timeout_s=0.2)
FRAME = CloudRequest(up_bytes=100e3, down_bytes=1e3, service_s=0.02, price=1e-5)


def test_a_request_over_a_link():
    """40 ms there and back, 40 ms to send 100 kB at 2.5 MB/s, 0.2 ms back, 20 ms of service."""
    sent = offload(LINK, FRAME, rate_per_s=100.0, share=0.1)
    assert sent.mean_latency_s == sent.p99_latency_s == pytest.approx(0.1002)
    assert sent.link_utilisation == pytest.approx(0.4)
    assert sent.price_per_s == pytest.approx(1e-4)
    assert sent.link_holds
    assert largest_share(LINK, FRAME, 100.0) == pytest.approx(0.2)
    assert not offload(LINK, FRAME, 100.0, 0.25).link_holds
    assert largest_share(LINK, FRAME, 1.0) == 1.0


def test_loss_costs_timeouts():
    """At 5 % loss: 5.26 % of a timeout on average; one in 400 is sent a third time, so the p99 has one."""
    lossy = offload(replace(LINK, loss=0.05), FRAME, 10.0, 1.0)
    assert lossy.mean_latency_s == pytest.approx(0.1002 + 0.2 * 0.05 / 0.95)
    assert lossy.p99_latency_s == pytest.approx(0.1002 + 0.2)
    drawn = np.random.default_rng(3).geometric(0.95, 200_000) - 1
    assert np.quantile(drawn, 0.99) == 1
    assert offload(replace(LINK, loss=0.005), FRAME, 10.0, 1.0).p99_latency_s == pytest.approx(0.1002)


GOVERNOR = ClockThresholds((0.6, 0.8, 1.0), 0.3, 0.7)


def test_the_governor_keeps_clocks_between_its_thresholds():
    assert GOVERNOR.clocks_kept(0.1) == (0.6, 0.6)
    assert GOVERNOR.clocks_kept(0.4) == (0.6, 1.0), "40 % is in the band at every clock: the past decides"
    assert GOVERNOR.clocks_kept(0.5) == (0.8, 1.0)
    assert GOVERNOR.clocks_kept(0.9) == (1.0, 1.0)


def test_a_saving_of_15_to_25_per_cent_needs_a_light_load_and_a_low_idle_share():
    """With half of the power idle no load and no voltage curve reaches 15 %; a light load at 15 % does."""
    exponents = (2.0, 2.5, 3.0)
    for shape in ((1.0, 1.0), (2.0, 3.0), (2.0, 5.0)):
        assert saving_band(GOVERNOR, "load", shape, (0.5,), exponents).high < 0.12
    assert saving_band(GOVERNOR, "even", (1.0, 1.0), (0.15,), exponents).high < 0.15
    light = saving_band(GOVERNOR, "light", (2.0, 5.0), (0.15, 0.3), exponents)
    assert light.high == pytest.approx(0.30, abs=0.01)
    assert light.low < 0.15


def test_one_voltage_saves_nothing_and_full_load_neither():
    assert saving_band(GOVERNOR, "x", (2.0, 5.0), (0.0, 0.3), (1.0,)).high == pytest.approx(0.0, abs=1e-12)
    assert saving_band(GOVERNOR, "x", (500.0, 1.0), (0.1,), (3.0,)).high == pytest.approx(0.0, abs=1e-6)


def test_a_constant_demand_saves_what_the_cube_says():
    """20 % of full work at 60 % clock, no idle power: 1 - 0.6 ** 2."""
    saving = saving_band(GOVERNOR, "x", (20_000.0, 80_000.0), (0.0,), (3.0,))
    assert saving.low == pytest.approx(1 - 0.36, abs=0.01)


@pytest.mark.parametrize(
    "make",
    [
        lambda: availability(0.0, 1.0),
        lambda: enough_up(0, 1, 0.9),
        lambda: Redundancy(5, 6, Failures(1.0, 1.0)),
        lambda: Redundancy(5, 5, Failures(1.0, 1.0), takes_over_s=-1.0),
        lambda: spares_for(Redundancy(5, 5, Failures(1.0, 1.0)), 1.0),
        lambda: replace(ROLLOUT, at_once=11),
        lambda: roll_out(ROLLOUT, 0.0),
        lambda: fit_interruption(1e6, 10.0, 2e6, 5.0),
        lambda: replace(LINK, loss=1.0),
        lambda: offload(LINK, FRAME, 10.0, 1.5),
        lambda: measure_delta(b"", b"x"),
        lambda: ClockThresholds((0.6, 1.0), 0.7, 0.3),
        lambda: ClockThresholds((0.6, 0.8), 0.3, 0.7),
    ],
)
def test_nonsense_is_refused(make):
    with pytest.raises(InputError):
        make()

"""What would have been planned of a served scenario: its service times, their band, the quantiles over it."""

import math

import numpy as np
import pytest

from planner.calibration.serving.child import at_use
from planner.errors import InputError
from planner.latency.calibrated.sittings import BAND_DEVIATIONS, within_sitting
from planner.plan.rack.in_service import InService
from planner.plan.serving.blind import Probed, blind_misses
from planner.plan.serving.calibrate import NETWORKS, networks_within
from planner.plan.serving.estimated import Estimated
from planner.plan.serving.live_rack import server_rack
from planner.plan.serving.planned import PlannedTimes, planned_side, times_in_service
from planner.rack.counts.student import student_quantile
from planner.rack.description.rack import Batching, Service
from planner.rack.description.streams import StreamGroup
from planner.schema.hardware.serving import MeasuredServing
from planner.schema.reading.yaml_file import parse_document, validate
from planner.wording.message import message

FOUND = """schema: 1
id: this-machine-serving
device: this-machine
unit: cpu
engine: onnxruntime
engine_version: 1.2.3
precision: fp32
cpu: some processor
threads: 1
date: '2026-11-30'
networks: ['zoo:a', 'zoo:b', 'zoo:c']
batches: 900
noisy: false
serving_low: 1.0
serving_high: 1.2
variation: {cv: 5 %, next: 40 %, over_ten: 10 %, serving_factor: 1.1}
"""
ESTIMATES = "estimates: {factor: 1.05, scale: 0.5, between_runs: 0.04, networks: 7}\n"


def _serving(more=""):
    return validate(parse_document(FOUND + more, "asked"), MeasuredServing)


def _rack(rate_per_s, seconds=20.0):
    requests = StreamGroup("requests", 1, rate_per_s, "net", slo_s=0.1, arrivals="poisson")
    return server_rack((requests,), Batching(), count=1, duration_s=seconds, warmup_s=0.0)


def test_blind_misses_by_hand():
    """Logs 0.0, 0.1, 0.2: left out, they miss the others' means by -0.15, 0 and 0.15; deviations 0.1."""
    found = blind_misses([Probed("net", value, 0.1) for value in (0.0, 0.1, 0.2)])
    assert found.factor == pytest.approx(math.exp(0.1))
    square = math.sqrt((1.5**2 + 0 + 1.5**2) / 3)
    assert found.scale == pytest.approx(square * student_quantile(2, 0.95) / 1.645)


def test_blind_misses_of_networks_that_scatter_as_their_bands_say_have_a_scale_of_one():
    """Of 400 networks whose logs have the deviation of their bands: one, within 4 standard errors."""
    chance = np.random.default_rng(5)
    deviations = chance.uniform(0.02, 0.1, 400)
    probed = [Probed("net", 0.2 + s * chance.standard_normal(), s) for s in deviations]
    found = blind_misses(probed)
    assert found.scale == pytest.approx(1.0, abs=0.15)
    assert math.log(found.factor) == pytest.approx(0.2, abs=0.015)


def test_two_networks_say_nothing_of_misses():
    with pytest.raises(InputError, match="at least 3"):
        blind_misses([Probed("net", 0.0, 0.1)] * 2)


def test_the_band_within_a_sitting_is_what_is_left_of_the_whole():
    assert within_sitting(0.05, 0.03) == pytest.approx(0.04)
    assert within_sitting(0.05, 0.05) == pytest.approx(0.01)


def test_planned_times_take_the_blind_misses_where_there_are_some():
    estimates = {("net", 1): Estimated(0.01, 0.06, 0.04), ("net", 2): Estimated(0.018, 0.06, 0.04)}
    plain, blind = (times_in_service(estimates, _serving(more)) for more in ("", ESTIMATES))
    assert plain.time_s["net", 1] == pytest.approx(0.011)
    assert plain.deviation == pytest.approx(math.hypot(0.06, 0.04, math.log(1.2) / 4))
    assert blind.time_s["net", 2] == pytest.approx(0.0189)
    assert blind.deviation == pytest.approx(math.hypot(0.03, 0.04))


def test_a_scenario_on_this_machine_has_the_same_band():
    """The ends of services are those of the deviation by blind misses, 1.645 of it to each side."""
    whole = math.hypot(0.06, 0.04)
    low, mid, high = (
        Service("net", (0.01 * math.exp(side * BAND_DEVIATIONS * whole),), 0.5, 1.0) for side in (-1, 0, 1)
    )
    found = InService("measured", 1.1, 1.0, 1.2, None, 0.0, message("variation.none"), _serving(ESTIMATES))
    away = math.exp(BAND_DEVIATIONS * math.hypot(0.03, 0.04))
    for at, end, expected in (
        ("low", low, 0.0105 / away),
        ("mid", mid, 0.0105),
        ("high", high, 0.0105 * away),
    ):
        assert found.applied(end, mid, at, calibrated=True).batch_s[0] == pytest.approx(expected, rel=1e-6)
    # What is no estimate of this machine's calibration keeps the factor and its own band.
    assert found.applied(mid, mid, "mid").batch_s[0] == pytest.approx(0.011)
    assert found.same_engine("onnxruntime", "fp32")
    assert not found.same_engine("openvino", "fp32")


def test_the_printed_interval_is_the_quantiles_over_level_and_arrivals():
    """Where nothing queues, latency is the service time: its quantiles are those of the log-normal level."""
    times = PlannedTimes({("net", 1): 0.01}, 0.1, _serving().model_copy())
    constant = validate(
        parse_document(FOUND.replace("cv: 5 %, next: 40 %, over_ten: 10 %, ", ""), "asked"), MeasuredServing
    )
    side = planned_side(_rack(0.5), PlannedTimes(times.time_s, 0.1, constant))
    half = side.streams[0].at(0.5)
    assert half.value_s == pytest.approx(0.01, rel=0.01)
    assert half.low_s == pytest.approx(0.01 * math.exp(-0.1645), rel=0.02)
    assert half.high_s == pytest.approx(0.01 * math.exp(0.1645), rel=0.02)


def test_a_wider_band_gives_a_wider_interval_and_the_same_middle():
    narrow, wide = (
        planned_side(_rack(50.0), PlannedTimes({("net", 1): 0.01}, deviation, _serving())).streams[0].at(0.9)
        for deviation in (0.03, 0.12)
    )
    assert wide.high_s / wide.low_s > 1.2 * narrow.high_s / narrow.low_s
    assert wide.value_s == pytest.approx(narrow.value_s, rel=0.1)


def test_rates_are_scaled_to_a_use_of_all_units():
    two = server_rack(_rack(3.0).streams, Batching(), count=2, duration_s=5.0, warmup_s=0.0)
    scaled = at_use(two, 0.5, {("net", 1): np.array([0.008, 0.012])})
    assert scaled.streams[0].rate_per_s == pytest.approx(2 * 0.5 / 0.01)


def test_as_many_networks_are_served_as_there_is_time_for():
    assert networks_within(20.0) == NETWORKS[:3]
    assert networks_within(60.0) == NETWORKS[:5]
    assert networks_within(300.0) == NETWORKS

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from planner.rack.counts.results import Verdict
from planner.rack.counts.statistics import judge, pooled_interval, quantile, summarise, t_interval
from planner.rack.counts.tally import RunTally, tally_records
from planner.rack.counts.warmup import mser5, warmup_warnings
from planner.rack.description.rack import Leakage, Rack
from planner.rack.description.streams import StreamGroup
from planner.rack.reference.engine import run_replication

GROUP = StreamGroup("cameras", 1, 15.0, "net", slo_s=0.1)


def test_t_interval_of_a_textbook_sample():
    """Ten values, mean 10 and standard deviation 2: 10 -+ 2.262 * 2 / sqrt(10) (Student, 9 degrees)."""
    values = np.array([-1.0, 1.0] * 5)
    values = 10 + 2 * values / values.std(ddof=1)
    low, high = t_interval(values.tolist())
    assert (low, high) == pytest.approx((10 - 1.4307, 10 + 1.4307), abs=1e-3)
    low, high = t_interval(values.tolist(), confidence=0.999)
    assert high - 10 == pytest.approx(4.781 * 2 / math.sqrt(10), rel=1e-3)


def test_one_replication_has_no_interval():
    assert t_interval([1.0]) is None


def test_quantile_is_a_value_that_occurred():
    values = np.array([4.0, 1.0, 3.0, 2.0])
    assert [quantile(values, share) for share in (0.25, 0.5, 0.51, 1.0)] == [1.0, 2.0, 3.0, 4.0]
    assert quantile(np.array([1.0, np.inf]), 0.5) == 1.0


def counted(rack: Rack, replication: int) -> RunTally:
    return tally_records(rack, run_replication(rack, replication))


@pytest.mark.parametrize(
    ("quantiles_s", "verdict"),
    [
        ((0.05, 0.06, 0.055), Verdict.PASS),
        ((0.15, 0.16, 0.155), Verdict.FAIL),
        ((0.08, 0.12, 0.1), Verdict.UNDECIDED),
        ((0.05,), Verdict.UNDECIDED),
        ([], Verdict.UNDECIDED),
        ((math.inf, math.inf), Verdict.FAIL),
        ((0.05, math.inf), Verdict.UNDECIDED),
    ],
)
def test_verdict_needs_the_whole_interval_on_one_side(quantiles_s, verdict):
    pooled_s = float(np.mean(quantiles_s)) if quantiles_s else math.nan
    assert judge(GROUP, quantiles_s, pooled_s)[0] is verdict


def test_slow_runs_have_most_of_the_late_requests():
    """One run of five is ten times as slow: their mean keeps 0.1 s, all requests do not."""
    quantiles_s = (0.02, 0.02, 0.02, 0.02, 0.2)
    low_s, high_s = pooled_interval(0.19, quantiles_s)
    assert low_s < 0.19 < high_s
    assert judge(GROUP, (0.02, 0.021, 0.02, 0.021), 0.19)[0] is Verdict.FAIL


def test_a_promise_is_not_kept_by_dropping(make_rack):
    """Half the frames are dropped and the rest is fast: the p99 of the served is low; the verdict is FAIL."""
    group = StreamGroup("cameras", 20, 15.0, "net", slo_s=0.1, queue_limit=2)
    rack = make_rack(count=1, streams=(group,), service_s=1 / 150)
    result = summarise(rack, [counted(rack, number) for number in range(2)])
    stream = result.streams[0]
    assert stream.latency_s.p99 < group.slo_s
    assert stream.verdict is Verdict.FAIL
    assert "answered" in stream.verdict_reason
    assert stream.dropped == pytest.approx(0.5 * stream.requests, rel=0.2)
    assert any("offered utilisation is 2" in warning for warning in result.warnings)


def test_unfinished_requests_past_their_slo_are_missed(make_rack):
    """Twice overloaded without a limit: whatever is old and still waiting counts against the promise."""
    rack = make_rack(count=1, streams=(replace(GROUP, sources=20),), service_s=1 / 150)
    result = summarise(rack, [counted(rack, number) for number in range(2)])
    stream = result.streams[0]
    assert stream.verdict is Verdict.FAIL
    assert stream.unfinished > 0.4 * stream.requests
    assert stream.requests == stream.served + stream.dropped + stream.unfinished


def test_one_periodic_camera_has_one_latency(make_rack):
    """Known by hand: 15 a second for 10 s, 10 ms each, 20 W above 5 W idle, two devices and 12 W of fans."""
    rack = make_rack(streams=(GROUP,))
    result = summarise(rack, [counted(rack, number) for number in range(2)])
    stream = result.streams[0]
    assert (stream.requests, stream.dropped) == (300, 0)
    latency = stream.latency_s
    for value in (latency.mean, latency.p50, latency.p90, latency.p99, latency.p99_low, latency.p99_high):
        assert value == pytest.approx(0.01, rel=1e-9)
    assert stream.verdict is Verdict.PASS
    assert result.devices.utilisation == pytest.approx(0.075, rel=0.01)
    assert result.devices.mean_batch == 1.0
    assert result.power_w == pytest.approx(12.0 + 2 * 5.0 + 0.15 * 20.0, rel=0.002)
    assert result.energy_j == pytest.approx(10.0 * result.power_w, rel=1e-9)
    assert result.energy_per_request_j == pytest.approx(result.power_w / 15.0, rel=0.01)
    assert len(result.series.time_s) == 12
    assert result.series.power_w[-1] == pytest.approx(result.power_w, rel=0.02)


def test_a_stream_without_served_requests_has_no_latency(make_rack):
    rack = make_rack(streams=(replace(GROUP, rate_per_s=0.01),), replications=2, duration_s=3.0)
    runs = [counted(rack, number) for number in range(2)]
    assert (
        sum(stream.served + stream.dropped + stream.unfinished for run in runs for stream in run.streams) == 0
    )
    result = summarise(rack, runs)
    assert result.streams[0].latency_s.p99 is None
    assert result.streams[0].verdict is Verdict.UNDECIDED
    assert result.energy_per_request_j is None
    assert max(result.invariants.values()) < 1e-9


def test_unknown_leakage_is_said_and_known_leakage_is_not(make_rack, thermal):
    rack = make_rack()
    assert any("leakage" in warning for warning in summarise(rack, [counted(rack, 0)]).warnings)
    leaky = replace(thermal, leakage=Leakage(1.0, 25.0, 0.02))
    rack = replace(rack, device=replace(rack.device, thermal=leaky))
    assert not any("leakage" in warning for warning in summarise(rack, [counted(rack, 0)]).warnings)


def test_too_few_requests_for_the_tail_are_said(make_rack):
    rack = make_rack()
    result = summarise(rack, [counted(rack, 0)])
    few = f"{result.streams[0].served} served requests are few"
    assert any(few in warning and "10000 or more" in warning for warning in result.warnings)


def test_a_frame_has_one_row_a_stream(make_rack):
    rack = make_rack(streams=(GROUP, replace(GROUP, name="others")))
    frame = summarise(rack, [counted(rack, number) for number in range(2)]).to_frame()
    assert frame["name"].tolist() == ["cameras", "others"]
    assert {"requests", "verdict", "latency_s.p99", "latency_s.p99_high"} <= set(frame.columns)


def test_mser5_cuts_the_transient_and_nothing_else():
    noise = np.random.default_rng(1).normal(size=1000)
    transient = np.where(np.arange(1000) < 100, 20.0, 0.0)
    assert mser5(noise + transient) == 100
    assert mser5(np.full(1000, 3.7)) == 0
    assert mser5(np.arange(9.0)) == 0


def test_a_cold_start_is_noticed(make_rack):
    """From cold the temperature climbs with R C = 60 s; two seconds of warm-up are too short, 250 are not."""
    streams = (replace(GROUP, sources=6, rate_per_s=2.0),)
    cold = make_rack(initial="cold", duration_s=600.0, streams=streams, service_s=0.1)
    warnings = warmup_warnings(cold, [counted(cold, 0)])
    assert len(warnings) == 1
    assert "temperature settles" in warnings[0]
    for patient in (replace(cold, warmup_s=250.0), replace(cold, initial="steady")):
        assert warmup_warnings(patient, [counted(patient, 0)]) == []


def test_histogram_holds_every_served_request(make_rack):
    rack = make_rack(replications=2)
    for stream in summarise(rack, [counted(rack, number) for number in range(2)]).streams:
        histogram = stream.histogram
        assert sum(histogram.counts) == stream.served
        assert len(histogram.edges_s) == len(histogram.counts) + 1
        assert list(histogram.edges_s) == sorted(histogram.edges_s)

"""A verdict holds over the whole band of the service latency, or says that only a measurement decides."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest

from planner.plan.options.rack_run import RackRun
from planner.plan.sizing.latency_bounds import with_bounds
from planner.plan.sizing.latency_span import stream_spans
from planner.rack.counts.results import Verdict
from planner.rack.description.rack import Air, Batching, Rack, RackDevice, Service, Thermal
from planner.rack.description.streams import StreamGroup
from planner.rack.simulation import simulate

TIMES_S = {"low": 0.02, "mid": 0.05, "high": 0.12}


def rack_at(bound: str, slo_s: float) -> Rack:
    thermal = Thermal(1.2, 50.0, 85.0, 5.0, 100.0, 0.5)
    return Rack(
        device=RackDevice("box", 5.0, services_at(bound), thermal),
        count=1,
        streams=(StreamGroup("camera", 1, 10.0, "net", slo_s),),
        batching=Batching(),
        dispatch="shortest_queue",
        air=Air(25.0, 0.1),
        fan_w=0.0,
        duration_s=20.0,
        warmup_s=2.0,
        replications=3,
    )


def services_at(bound: str) -> tuple[Service, ...]:
    return (Service("net", (TIMES_S[bound],), 0.5, 20.0),)


def judged(slo_s: float, planned: str) -> RackRun:
    rack = rack_at(planned, slo_s)
    run = with_bounds(
        simulate(rack),
        planned=planned,
        rack_at=lambda bound: rack_at(bound, slo_s),
        run=lambda at, _: simulate(at),
    )
    return RackRun(rack, run)


@pytest.mark.parametrize(
    ("slo_s", "verdict"), [(0.01, "FAIL"), (0.03, "UNDECIDED"), (0.06, "UNDECIDED"), (10.0, "UNDECIDED")]
)
@pytest.mark.parametrize("planned", ["low", "mid"])
def test_a_lone_camera_waits_for_nothing_but_its_service(slo_s, verdict, planned):
    """20, 50 or 120 ms each 100 ms: the last never keeps up, so nothing is promised there."""
    found = judged(slo_s, planned)
    (stream,) = found.result.streams
    assert found.verdict == verdict
    assert [stream.bounds.low.p99, stream.bounds.mid.p99] == pytest.approx([0.02, 0.05])
    assert (stream.bounds.high.p99, stream.bounds.high.verdict) == (None, Verdict.FAIL)
    if verdict == "UNDECIDED":
        assert "only a measurement can decide" in stream.verdict_reason or slo_s == 0.03


def test_a_promise_kept_at_the_high_end_is_kept(monkeypatch):
    monkeypatch.setitem(TIMES_S, "high", 0.08)
    assert judged(0.1, "high").verdict == "PASS"
    (stream,) = judged(0.07, "high").result.streams
    assert (stream.verdict, stream.bounds.mid.verdict) == ("UNDECIDED", "PASS")


def test_the_planned_run_is_not_repeated():
    rack, calls = rack_at("mid", 0.1), []
    result = simulate(rack)
    run = with_bounds(
        result,
        planned="mid",
        rack_at=lambda bound: rack_at(bound, 0.1),
        run=lambda at, _: calls.append(at.device.services[0].batch_s) or simulate(at),
    )
    assert calls == [(0.02,)], "the high end is overloaded and the middle is there"
    assert replace(run, streams=result.streams) == result


@pytest.mark.parametrize(("plan_for", "planned"), [("cautious", "high"), ("typical", "mid")])
def test_the_interval_over_runs_is_added_at_the_end_that_was_planned_for_alone(
    monkeypatch, plan_for, planned
):
    monkeypatch.setitem(TIMES_S, "high", 0.08)
    run = judged(0.5, planned)
    (span,) = stream_spans(
        SimpleNamespace(option=SimpleNamespace(plan_for=plan_for), result=run.result, rack=run.rack)
    )
    (stream,) = run.result.streams
    bounds, latency = stream.bounds, stream.latency_s
    assert (span.low_s, span.mid_s) == (bounds.low.p99, bounds.mid.p99)
    assert span.high_s == (latency.p99_high if planned == "high" else bounds.high.p99)
    assert span.as_planned is getattr(bounds, planned).verdict


def test_a_span_holds_all_three_places_of_the_band(monkeypatch):
    """A quicker service may fill smaller batches and wait longer: the middle is not beyond the ends."""
    monkeypatch.setitem(TIMES_S, "high", 0.08)
    run = judged(0.5, "high")
    (stream,) = run.result.streams
    bounds = replace(stream.bounds, mid=replace(stream.bounds.mid, p99=stream.bounds.low.p99 / 2))
    result = replace(run.result, streams=(replace(stream, bounds=bounds),))
    option = SimpleNamespace(plan_for="cautious")
    (span,) = stream_spans(SimpleNamespace(option=option, result=result, rack=run.rack))
    assert span.low_s == span.mid_s == bounds.low.p99 / 2

"""Chains in a rack: against the rack's own engines, with its clocks and with devices that fail."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from planner.chain.description import Chains, ChainStream, ChainUnit, ItemCount, Visit
from planner.chain.simulation.rack_run import RackRuns
from planner.chain.simulation.racked import MOST_FRAMES, ChainedRun
from planner.chain.simulation.scatter import scatter_of
from planner.chain.simulation.work import tables_of
from planner.latency.band import Band
from planner.provenance import Provenance
from planner.rack.counts.tally import RunTally
from planner.rack.description.device import RackDevice, Service, Thermal
from planner.rack.description.life import Life, Outage
from planner.rack.description.rack import Air, Batching, Rack
from planner.rack.description.streams import StreamGroup
from planner.rack.description.variation import Replayed, varying
from planner.rack.simulation import simulate

TIMES = (0.010, 0.014, 0.018, 0.022)
COOL = Thermal(
    resistance_k_per_w=0.5, heat_capacity_j_per_k=50.0, throttle_c=90.0, hysteresis_k=5.0, shutdown_c=100.0,
    throttled_clock=0.5,
)  # fmt: skip


def rack(count: int = 3, *, thermal: Thermal = COOL, **more: object) -> Rack:
    service = Service("detector", TIMES, clocked_share=1.0, busy_w=10.0)
    group = StreamGroup("cameras", 24, 15.0, "detector", 0.1)
    given = {
        "dispatch": "pinned",
        "batching": Batching(4, 0.005),
        "duration_s": 40.0,
        "warmup_s": 5.0,
        "replications": 4,
        **more,
    }
    return Rack(
        device=RackDevice("device", idle_w=2.0, services=(service,), thermal=thermal),
        count=count,
        streams=(group,),
        air=Air(supply_c=25.0, airflow_m3_per_s=0.1),
        fan_w=0.0,
        **given,
    )


def chains(*visits: Visit) -> Chains:
    units = (
        ChainUnit("gpu", "accelerator", "gpu", 1, Provenance.DATASHEET),
        ChainUnit("dec", "decoder", "dec", 1, Provenance.DATASHEET),
    )
    return Chains(units, (ChainStream("cameras", 24, 15.0, visits, slo_s=0.1),))


def visit(
    step: str, kind: str, unit: str, times: tuple[float, ...], after: int | None, **more: object
) -> Visit:
    bands = tuple(Band(time_s, time_s, time_s) for time_s in times)
    return Visit(step, kind, unit, bands, after, **more)


DETECT = visit("detect", "network", "gpu", TIMES, None, network="detector")
DECODE = visit("decode", "decode", "dec", (0.0,), None)


@pytest.mark.parametrize("engine", ["compiled", "simpy"])
def test_a_chain_of_one_network_is_what_the_rack_serves(engine):
    """Two programmes of the same queue: cameras dealt to three devices, batches of up to four."""
    decoded = chains(DECODE, replace(DETECT, after=0))
    given = rack() if engine == "compiled" else rack(duration_s=10.0, warmup_s=2.0, replications=2)
    own, chained = (simulate(given, engine=engine, run=run) for run in (None, ChainedRun(decoded, "mid")))
    (one,), (other,) = own.streams, chained.streams
    assert (one.requests, one.served, one.unfinished) == (other.requests, other.served, other.unfinished)
    assert other.latency_s.mean == pytest.approx(one.latency_s.mean, rel=1e-9)
    assert other.latency_s.p99 == pytest.approx(one.latency_s.p99, rel=1e-9)
    assert chained.devices.mean_batch == pytest.approx(own.devices.mean_batch, rel=1e-9)


def test_both_engines_give_the_same_latencies():
    """By the SimPy rack with the plain chains, and by the compiled ones, to a bin of the histogram."""
    items = visit("plates", "network", "gpu", (0.002, 0.003), 1, network="plates", items=ItemCount(2.0))
    run = ChainedRun(chains(DECODE, replace(DETECT, after=0), items), "mid")
    given = rack(duration_s=10.0, warmup_s=2.0, replications=2)
    fast, plain = (simulate(given, engine=engine, run=run).streams[0] for engine in ("compiled", "simpy"))
    assert (fast.served, fast.unfinished) == (plain.served, plain.unfinished)
    assert fast.latency_s.mean == pytest.approx(plain.latency_s.mean, rel=1e-9)
    assert fast.latency_s.p99 == pytest.approx(plain.latency_s.p99, rel=1 / 64)


def test_heat_halves_the_clock_and_doubles_the_time():
    """A die that throttles at once, all its time on the clock: 20 ms for 10, but not those of a decoder."""
    hot = replace(COOL, resistance_k_per_w=30.0, throttle_c=30.0, hysteresis_k=1.0, shutdown_c=2000.0)
    given = rack(12, thermal=hot, batching=Batching(1, 0.0), replications=2)
    decode = visit("decode", "decode", "dec", (0.003,), None)
    run = ChainedRun(chains(decode, replace(DETECT, times=DETECT.times[:1], after=0)), "mid")
    result = simulate(given, run=run)
    assert result.devices.throttled_share > 0.9
    assert result.streams[0].latency_s.p50 == pytest.approx(0.023, rel=1 / 64)


def test_a_device_that_fails_loses_its_frames_and_its_cameras_go_on_elsewhere():
    life = Life(outages=(Outage(at_s=10.0, lasts_s=10.0),))
    run = ChainedRun(chains(DECODE, replace(DETECT, after=0)), "mid")
    (stream,) = simulate(rack(4, life=life), run=run).streams
    (whole,) = simulate(rack(4), run=run).streams
    assert stream.requests == whole.requests
    # Of each run some of the six cameras of that device have a frame in it at that moment.
    assert 1 <= stream.dropped <= 4 * 6 * 2
    assert stream.served + stream.dropped + stream.unfinished == whole.requests


def test_with_nobody_left_all_frames_are_lost():
    life = Life(outages=(Outage(at_s=10.0, lasts_s=10.0),))
    four = replace(chains(DECODE, replace(DETECT, after=0)).streams[0], sources=4)
    run = ChainedRun(Chains(chains(DETECT).units, (four,)), "mid")
    given = replace(rack(1, life=life), streams=(StreamGroup("cameras", 4, 15.0, "detector", 0.1),))
    (stream,) = simulate(given, run=run).streams
    # Ten of the 35 s that count.
    assert stream.dropped == pytest.approx(stream.requests * 10 / 35, rel=0.03)


def test_batches_scatter_as_the_rack_says():
    """Correlations of 0.6 over one batch and 0.3 over ten, mean one; a replay keeps its order."""
    given = varying(0.3, next_one=0.6, over_ten=0.3, outlier_share=0.02, outlier_ratio=3.0)
    service = Service("detector", TIMES, clocked_share=1.0, busy_w=10.0, variation=given)
    base = rack(64)
    varied = replace(base, device=replace(base.device, services=(service,)))
    tables = tables_of(chains(DECODE, replace(DETECT, after=0)), "mid", [24], 64, 0.0)
    decode, detect = scatter_of(varied, tables, 0).transpose(1, 0, 2)
    assert (decode == 1.0).all()
    assert detect.mean() == pytest.approx(1.0, rel=0.01)
    assert detect.std() ** 2 == pytest.approx(given.squared_cv, rel=0.1)
    calm = scatter_of(replace(varied, device=replace(base.device, services=(
        replace(service, variation=varying(0.3, next_one=0.6, over_ten=0.3)),))), tables, 0)  # fmt: skip
    log = np.log(calm[:, 1])
    for lag, wanted in ((1, 0.6), (10, 0.3)):
        pairs = ((log[:, lag:] - log.mean()) * (log[:, :-lag] - log.mean())).mean() / log.var()
        assert pairs == pytest.approx(wanted, abs=0.05)
    replayed = replace(service, variation=Replayed((0.5, 1.5)))
    again = scatter_of(replace(base, device=replace(base.device, services=(replayed,))), tables, 0)[:, 1]
    assert set(again[:, 0]) == {0.5, 1.5}
    assert (again[:, 0] + again[:, 1] == 2.0).all()
    assert scatter_of(base, tables, 0).shape == (64, 2, 1)


def test_a_run_stops_where_its_frames_fill_the_memory():
    run = ChainedRun(chains(DETECT), "mid")
    assert run.until_s(rack()) == 40.0
    long = rack(duration_s=1_000_000.0, warmup_s=5.0)
    assert run.until_s(long) == pytest.approx(MOST_FRAMES / (24 * 15.0))
    assert np.isfinite(run.until_s(long))


def runs_of(monkeypatch, here: Rack, replications: int) -> tuple[list[RunTally], list[int]]:
    """The tallies of so many replications, and which of them the rack itself was run for."""
    from planner.rack.compiled import engine as compiled_engine

    numbers, run = [], compiled_engine.run_replication

    def seen(*asked):
        numbers.append(asked[1])
        return run(*asked)

    monkeypatch.setattr(compiled_engine, "run_replication", seen)
    chained = ChainedRun(chains(DECODE, replace(DETECT, after=0)), "mid")
    return [chained(here, "compiled", number) for number in range(replications)], numbers


SHORT = {"duration_s": 10.0, "warmup_s": 2.0, "replications": 2}


def test_replications_that_are_added_move_frames_and_no_heat(monkeypatch):
    here = rack(**SHORT)
    found, numbers = runs_of(monkeypatch, here, 4)
    assert numbers == [0, 1], "as many as the plan asks for"
    assert [run.replication for run in found] == [0, 1, 2, 3]
    assert len({run.streams[0].latencies.mean_s for run in found}) == 4, "frames come otherwise in each"
    assert found[2].epochs is found[0].epochs
    assert found[3].epochs is found[1].epochs
    monkeypatch.setattr("planner.chain.simulation.rack_run._like_each_other", lambda _: False)
    every, numbers = runs_of(monkeypatch, here, 4)
    assert set(numbers) == {0, 1, 2, 3}
    for one, other in zip(found, every, strict=True):
        assert one.streams[0].latencies.mean_s == other.streams[0].latencies.mean_s


def test_heat_may_be_looked_at_in_fewer_still():
    """Where latencies alone are wanted: they are the same."""
    asked = chains(DECODE, replace(DETECT, after=0))
    here = rack(**SHORT)
    once, each = ChainedRun(asked, "mid", RackRuns(1)), ChainedRun(asked, "mid")
    for number in range(2):
        few, all_of_them = (run(here, "compiled", number) for run in (once, each))
        assert few.streams[0].latencies.mean_s == all_of_them.streams[0].latencies.mean_s
    assert few.epochs is once(here, "compiled", 1).epochs


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"thermal": replace(COOL, throttle_c=35.0, shutdown_c=60.0)}, id="near its throttle"),
        pytest.param({"thermal": replace(COOL, power_cap_w=8.0)}, id="near its cap on power"),
        pytest.param({"life": Life(outages=(Outage(at_s=5.0, lasts_s=3.0),))}, id="a device goes out"),
    ],
)
def test_a_rack_to_which_something_may_happen_is_run_each_time(monkeypatch, change):
    _, numbers = runs_of(monkeypatch, rack(**SHORT, **change), 3)
    assert set(numbers) == {0, 1, 2}

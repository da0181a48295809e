"""Chains by hand: uses, limits and latencies of constant times, numbers of objects, and theory of waits."""

from __future__ import annotations

import math

import pytest

from planner.chain.description import Chains, ChainStream, ChainUnit, ItemCount, Visit
from planner.chain.prediction import answer_path, predict
from planner.errors import InputError
from planner.latency.band import Band
from planner.provenance import Provenance


def exact(time_s: float) -> Band:
    return Band(time_s, time_s, time_s)


def unit(name: str, role: str = "accelerator", servers: int = 1) -> ChainUnit:
    return ChainUnit(name, role, name, servers, Provenance.DATASHEET)


def visit(step: str, at: str, time_s: float | tuple[float, ...], after: int | None, **more: object) -> Visit:
    times = time_s if isinstance(time_s, tuple) else (time_s,)
    return Visit(step, str(more.pop("kind", "network")), at, tuple(map(exact, times)), after, **more)


def cameras(*visits: Visit, sources: int = 10, rate_per_s: float = 10.0) -> ChainStream:
    return ChainStream("cameras", sources, rate_per_s, visits, slo_s=0.2)


UNITS = (unit("dec", "decoder", 2), unit("gpu"), unit("cores", "cores", 4))


def test_uses_are_rate_times_time_over_servers():
    """100 frames a second: 8 ms on two decoders 40 %, 5 ms on the GPU 50 %, 6 ms on four cores 15 %."""
    stream = cameras(
        visit("decode", "dec", 0.008, None, kind="decode"),
        visit("detect", "gpu", 0.005, 0),
        visit("track", "cores", 0.006, 1, kind="track"),
    )
    found = predict(Chains(UNITS, (stream,)))
    busy = {use.unit.id: use.busy.mid for use in found.units}
    assert busy == pytest.approx({"gpu": 0.5, "dec": 0.4, "cores": 0.15})
    assert found.binding.unit.id == "gpu"
    assert found.limit_per_s.mid == pytest.approx(200.0)
    assert found.gain == pytest.approx(1.25)
    assert found.streams[0].alone_s.mid == pytest.approx(0.019)
    halved = predict(Chains(UNITS, (stream,), devices=2))
    assert halved.binding.busy.mid == pytest.approx(0.25)
    assert halved.limit_per_s.mid == pytest.approx(200.0)


def test_skipped_frames_and_decoded_ones_that_nobody_looks_at_count_as_they_come():
    """The camera sends twice what enters the chain, of which every fourth frame is looked at."""
    stream = cameras(
        visit("decode", "dec", 0.004, None, kind="decode", frames=2.0),
        visit("detect", "gpu", 0.020, 0, frames=0.25),
    )
    busy = {use.unit.id: use.busy.mid for use in predict(Chains(UNITS, (stream,))).units}
    assert busy["dec"] == pytest.approx(100 * 2 * 0.004 / 2)
    assert busy["gpu"] == pytest.approx(100 * 0.25 * 0.020)


def test_full_batches_bound_throughput_and_a_lone_frame_waits_for_none():
    """Batches of one to four take 4, 5, 6 and 8 ms: 2 ms a frame at best, 4 ms alone."""
    stream = cameras(visit("detect", "gpu", (0.004, 0.005, 0.006, 0.008), None))
    found = predict(Chains(UNITS, (stream,)))
    assert found.binding.busy.mid == pytest.approx(100 * 0.002)
    assert found.streams[0].alone_s.mid == pytest.approx(0.004)


def test_objects_fill_batches():
    """Always five objects in batches of two that take 3 ms, one 2 ms: 3 + 3 + 2 ms; 7.5 ms of the unit."""
    items = ItemCount(5, "fixed")
    stream = cameras(
        visit("detect", "gpu", 0.001, None),
        visit("classify", "gpu", (0.002, 0.003), 0, items=items),
    )
    found = predict(Chains(UNITS, (stream,)))
    assert found.streams[0].alone_s.mid == pytest.approx(0.001 + 0.008)
    assert found.binding.busy.mid == pytest.approx(100 * (0.001 + 5 * 0.0015))


@pytest.mark.parametrize("mean", [0.3, 2.5, 40.0, 2000.0])
def test_poisson_numbers_of_objects(mean):
    items = ItemCount(mean)
    assert sum(items.probabilities) == pytest.approx(1.0, abs=1e-9)
    assert items.worked_on == pytest.approx(mean, rel=1e-6)
    assert items.quantile(0.99) == pytest.approx(mean + 2.33 * math.sqrt(mean), abs=2.0)


def test_what_lies_beyond_the_most_is_left_out():
    """Mean 2.5, at most 2: P(0) = 0.0821, P(1) = 0.2052, the rest counts as 2."""
    items = ItemCount(2.5, most=2)
    assert items.probabilities == pytest.approx((0.0821, 0.2052, 0.7127), abs=1e-4)
    assert items.worked_on == pytest.approx(0.2052 + 2 * 0.7127, abs=2e-4)
    assert items.quantile(0.99) == 2


def test_the_answer_is_there_when_the_longer_branch_is_and_recording_is_no_part_of_it():
    stream = cameras(
        visit("decode", "dec", 0.002, None, kind="decode"),
        visit("faces", "gpu", 0.004, 0),
        visit("bodies", "cores", 0.009, 0),
        visit("record", "dec", 0.050, 0, kind="encode", answers=False),
        visit("traffic", "dec", 0.001, 0, kind="move", answers=False, in_turn=False),
    )
    assert [item.step for item in answer_path(stream)] == ["decode", "bodies"]
    found = predict(Chains(UNITS, (stream,)))
    assert found.streams[0].alone_s.mid == pytest.approx(0.011)
    assert {use.unit.id: use.busy.mid for use in found.units}["dec"] == pytest.approx(100 * 0.053 / 2)


def test_the_mean_wait_at_one_server_is_that_of_pollaczek_and_khinchine():
    """Two kinds of work on one server: W = rate E[S^2] / (2 (1 - rho)), Poisson arrivals."""
    stream = cameras(visit("one", "gpu", 0.002, None), visit("two", "gpu", 0.006, 0))
    rate, mean, square = 200.0, 0.004, (0.002**2 + 0.006**2) / 2
    wait_s = rate * square / (2 * (1 - rate * mean))
    found = predict(Chains(UNITS, (stream,)))
    assert found.streams[0].loaded_s is not None
    assert found.streams[0].loaded_s.mid == pytest.approx(0.008 + 2 * wait_s, rel=1e-9)


def test_a_full_unit_has_no_mean_latency_and_its_limit_is_below_what_is_asked():
    found = predict(Chains(UNITS, (cameras(visit("detect", "gpu", 0.012, None)),)))
    assert found.binding.busy.mid == pytest.approx(1.2)
    assert found.limit_per_s.mid == pytest.approx(100 / 1.2)
    assert found.streams[0].loaded_s is None


def test_a_band_of_times_is_a_band_of_uses_limits_and_latencies():
    times = (Band(0.004, 0.005, 0.008),)
    stream = cameras(Visit("detect", "network", "gpu", times, None))
    found = predict(Chains(UNITS, (stream,)))
    assert (found.binding.busy.low, found.binding.busy.high) == pytest.approx((0.4, 0.8))
    assert (found.limit_per_s.low, found.limit_per_s.high) == pytest.approx((125.0, 250.0))
    assert found.streams[0].alone_s == Band(0.004, 0.005, 0.008)


def test_nonsense_is_refused():
    with pytest.raises(InputError, match="a visit before it"):
        cameras(visit("detect", "gpu", 0.01, 0))
    with pytest.raises(InputError, match="dec, gpu"):
        Chains(UNITS[:2], (cameras(visit("detect", "npu", 0.01, None)),))
    with pytest.raises(InputError, match="mean"):
        ItemCount(0.0)

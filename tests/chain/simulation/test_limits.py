"""Queues with a limit, batches across cameras, and objects: by hand."""

from __future__ import annotations

import numpy as np
import pytest

from planner.chain.description import Chains, ChainStream, ChainUnit, ItemCount, Visit
from planner.chain.simulation.draw import SentFrames, frames_of
from planner.chain.simulation.run import run_work, simulate_chains
from planner.chain.simulation.work import ANSWERED, DROPPED, Work, homes, steady, tables_of, undisturbed
from planner.latency.band import Band
from planner.provenance import Provenance

UNITS = (
    ChainUnit("dec", "decoder", "dec", 1, Provenance.DATASHEET),
    ChainUnit("gpu", "accelerator", "gpu", 1, Provenance.DATASHEET),
)


def visit(step: str, unit: str, times: tuple[float, ...], after: int | None, **more: object) -> Visit:
    kind = str(more.pop("kind", "network"))
    return Visit(step, kind, unit, tuple(Band(t, t, t) for t in times), after, **more)


def run_at(
    times_s: list[float], streams: tuple[ChainStream, ...], engine: str, *, of: list[int] | None = None,
    max_wait_s: float = 0.0,
) -> tuple[list[float], list[int]]:  # fmt: skip
    """When frames that come at these times are over, and what became of them."""
    chains = Chains(UNITS, streams)
    sources = [stream.sources for stream in streams]
    stream = np.array(of or [0] * len(times_s))
    sent = SentFrames(np.array(times_s), stream, stream)
    tables = tables_of(chains, "mid", sources, 1, max_wait_s)
    course = undisturbed(1, len(tables.queue_unit), homes(chains, sources, 1))
    frames = frames_of(chains, sent, np.random.default_rng(1))
    work = Work(tables, frames, course, np.inf, steady(1, len(tables.queue_unit)))
    done = run_work(work, engine)
    return done.done_s.tolist(), done.outcome.tolist()


ENGINES = ["plain", "compiled"]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("overflow", "lost"), [("drop_oldest", [1, 2]), ("drop_newest", [3, 4]), ("skip_frame", [1, 2, 3, 4])]
)
def test_a_full_queue_loses_what_its_stream_says(engine, overflow, lost):
    """Five frames within 4 ms at a detector of 10 ms, two of which may wait."""
    stream = ChainStream(
        "cameras", 1, 10.0, (visit("a", "gpu", (0.01,), None),), 0.1, queue_limit=2, overflow=overflow
    )
    _, outcome = run_at([0.0, 0.001, 0.002, 0.003, 0.004], (stream,), engine)
    assert outcome == [DROPPED if n in lost else ANSWERED for n in range(5)]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_limit_of_a_step_counts_frames_of_one_source(engine):
    """Two sources with a frame waiting each at a decoder that lets one of each wait: nobody loses any."""
    decode = visit("d", "dec", (0.01,), None, kind="decode", limit=1)
    streams = tuple(ChainStream(name, 1, 10.0, (decode,), 0.1) for name in "ab")
    done_s, outcome = run_at([0.0, 0.001, 0.002], streams, engine, of=[0, 0, 1])
    assert outcome == [ANSWERED] * 3
    assert done_s == pytest.approx([0.01, 0.02, 0.03])
    assert run_at([0.0, 0.001, 0.002], streams, engine, of=[0, 0, 0])[1] == [ANSWERED, DROPPED, ANSWERED]


@pytest.mark.parametrize("engine", ENGINES)
def test_streams_that_ask_for_one_network_share_its_batches(engine):
    """Four frames of two streams in one batch of 7 ms; apart each stream has its own, one after the other."""
    times = (0.004, 0.005, 0.006, 0.007)
    shared, apart = (
        tuple(ChainStream(n, 1, 10.0, (visit("a", "gpu", times, None, network=net),), 0.1) for n in "ab")
        for net in ("yolo", None)
    )
    at_s, of = [0.0, 0.001, 0.001, 0.001, 0.001], [0, 0, 1, 0, 1]
    assert run_at(at_s, shared, engine, of=of)[0] == pytest.approx([0.004, *[0.011] * 4])
    assert run_at(at_s, apart, engine, of=of)[0] == pytest.approx([0.004, 0.009, 0.014, 0.009, 0.014])


@pytest.mark.parametrize("engine", ENGINES)
def test_a_batch_waits_to_fill_no_longer_than_it_may(engine):
    """The first waits 5 ms for company that comes at 2 ms; a full batch waits for nobody."""
    stream = ChainStream("cameras", 1, 10.0, (visit("a", "gpu", (0.004, 0.006, 0.008), None),), 0.1)
    done_s, _ = run_at([0.0, 0.002, 0.1, 0.101, 0.102], (stream,), engine, max_wait_s=0.005)
    assert done_s == pytest.approx([0.011, 0.011, 0.11, 0.11, 0.11])


@pytest.mark.parametrize("engine", ENGINES)
def test_frames_of_a_higher_priority_go_first(engine):
    streams = tuple(
        ChainStream(name, 1, 10.0, (visit("a", "gpu", (0.01,), None, network="n"),), 0.1, priority=level)
        for name, level in (("low", 0), ("high", 1))
    )
    done_s, _ = run_at([0.0, 0.001, 0.002], streams, engine, of=[0, 0, 1])
    assert done_s == pytest.approx([0.01, 0.03, 0.02])


def test_crops_of_several_cameras_share_batches_and_vary():
    """Ten cameras with 2.5 crops a frame: batches of 1.5 and more, and crowded frames are late."""
    times = tuple(0.002 + 0.0005 * n for n in range(8))
    crops = visit("plates", "gpu", times, 0, items=ItemCount(2.5), network="plates")
    detect = visit("detect", "gpu", (0.003,), None, network="yolo")
    stream = ChainStream("cameras", 10, 15.0, (detect, crops), 0.2)
    run = simulate_chains(Chains(UNITS, (stream,)), 60.0, arrivals="poisson")
    fixed = ChainStream(
        "cameras", 10, 15.0, (detect, visit("p", "gpu", times, 0, items=ItemCount(3, "fixed"))), 0.2
    )
    mean = simulate_chains(Chains(UNITS, (fixed,)), 60.0, arrivals="poisson")
    assert run.mean_batch is not None
    assert run.mean_batch > 1.5
    assert run.quantile_s(0, 0.999) > 1.1 * mean.quantile_s(0, 0.5)


@pytest.mark.parametrize("engine", ENGINES)
def test_frames_that_nobody_looks_at_are_no_requests(engine):
    """`every: 4` counts a quarter, evenly spaced; what is decoded beside them takes time."""
    decode = visit("d", "dec", (0.002,), None, kind="decode", frames=2.0)
    stream = ChainStream("c", 1, 20.0, (decode, visit("a", "gpu", (0.004,), 0, frames=0.25)), 0.1)
    run = simulate_chains(Chains(UNITS, (stream,)), 40.0, engine=engine)
    assert run.frames == pytest.approx(200, abs=1)
    assert run.busy["dec"] == pytest.approx(40 * 0.002, rel=0.01)
    assert np.ptp(run.latency_s[0]) == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_step_of_a_step_looks_at_a_part_of_what_that_one_sees(engine):
    """Plates at 4 of 20 frames behind a detector at 6 of 20: every one of them was detected before."""
    detect = visit("a", "gpu", (0.001,), None, frames=0.3)
    plates = visit("b", "gpu", (0.002,), 0, frames=0.2)
    run = simulate_chains(
        Chains(UNITS, (ChainStream("c", 1, 20.0, (detect, plates), 0.1),)), 100.0, engine=engine
    )
    assert run.frames == pytest.approx(600, abs=2)
    assert (run.latency_s[0] > 0.0025).mean() == pytest.approx(2 / 3, abs=0.01)

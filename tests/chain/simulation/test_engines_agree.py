"""Both engines on random chains, devices and courses: the same bits, and nothing lost or made."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from planner.chain.description import Chains, ChainStream, ChainUnit, ItemCount, Visit
from planner.chain.simulation.draw import frames_of, sent_frames
from planner.chain.simulation.run import run_work
from planner.chain.simulation.work import ANSWERED, DROPPED, FEWEST, LOST, Course, Work, tables_of
from planner.latency.band import Band
from planner.provenance import Provenance

UNITS = tuple(
    ChainUnit(name, role, name, servers, Provenance.DATASHEET)
    for name, role, servers in (("dec", "decoder", 1), ("gpu", "accelerator", 1), ("cores", "cores", 2))
)


def random_chain(random: np.random.Generator) -> tuple[Visit, ...]:
    visits: list[Visit] = []
    for place in range(int(random.integers(2, 7))):
        longest_s = np.cumsum(random.random(int(random.integers(1, 5)))) * 3e-3
        network = str(random.choice(["a", "b"])) if random.random() < 0.6 else None
        if network is not None:
            longest_s = {"a": (0.002, 0.003), "b": (0.001, 0.0015, 0.0025)}[network]
        visits.append(
            Visit(
                f"step {place}",
                "network" if network else "track",
                "gpu" if network else str(random.choice(["dec", "cores"])),
                tuple(Band(time_s, time_s, time_s) for time_s in longest_s),
                None if place == 0 else int(random.integers(place)),
                frames=float(random.choice([1.0, 0.5, 1.0, 1.5])),
                items=ItemCount(float(random.integers(1, 4))) if random.random() < 0.4 else None,
                answers=bool(random.random() < 0.8) or place == 0,
                network=network,
                limit=int(random.integers(1, 3)) if random.random() < 0.3 else None,
            )
        )
    return tuple(visits)


def random_work(seed: int) -> tuple[Chains, Work]:
    random = np.random.default_rng(seed)
    streams = tuple(
        ChainStream(
            f"cameras {number}", int(random.integers(1, 5)), 20.0, random_chain(random), slo_s=0.2,
            queue_limit=int(random.integers(1, 4)) if random.random() < 0.5 else None,
            overflow=str(random.choice(["drop_oldest", "drop_newest", "skip_frame"])),
            priority=int(random.integers(2)),
        )
        for number in range(int(random.integers(1, 4)))
    )  # fmt: skip
    chains = Chains(UNITS, streams)
    sources = [stream.sources for stream in streams]
    devices, total = int(random.integers(1, 4)), sum(sources)
    tables = tables_of(chains, "mid", sources, devices, 0.004 if seed % 2 else 0.0)
    sent = sent_frames(chains, sources, 6.0, random, "poisson" if seed % 3 else "periodic")
    frames = frames_of(chains, sent, random, "exponential" if seed % 4 == 0 else "as_stated")
    rows = 4
    out = random.random((rows, devices)) < 0.25
    out[0] = False
    route = random.integers(devices, size=(rows, total))
    route[out[np.arange(rows)[:, None], route]] = FEWEST
    route[random.random(route.shape) < 0.2] = FEWEST
    route[out.all(axis=1)] = LOST
    slow = 1.0 + random.random((rows, devices, len(tables.queue_unit)))
    course = Course(np.arange(rows) * 1.5, out, slow, route)
    scatter = random.uniform(0.5, 1.5, size=(devices, len(tables.queue_unit), 7))
    return chains, Work(tables, frames, course, 5.5 if seed % 2 else np.inf, scatter, window_s=1.0)


@pytest.mark.parametrize("seed", range(24))
def test_engines_agree_bit_by_bit_and_nothing_is_lost(seed):
    """Splits, batches across streams that wait to fill, objects, limits, priorities, clocks and failures."""
    _, work = random_work(seed)
    plain, fast = run_work(work, "plain"), run_work(work, "compiled")
    for name in ("done_s", "outcome", "busy_s", "batches", "batched"):
        assert np.array_equal(getattr(plain, name), getattr(fast, name), equal_nan=True), name
    over = np.isin(fast.outcome, (ANSWERED, DROPPED))
    assert np.array_equal(over, np.isfinite(fast.done_s))
    assert (fast.done_s[over] >= work.frames.time_s[over]).all()
    arrived = work.frames.time_s < work.end_s
    assert not over[~arrived].any()
    if np.isinf(work.end_s):
        answering = work.tables.answers.any(axis=1)[work.frames.stream]
        assert over[answering].all()


@pytest.mark.parametrize("seed", range(0, 24, 5))
def test_every_task_is_served_once_where_nothing_is_dropped(seed):
    """Conservation of objects: batches hold as many tasks as were drawn, queue by queue."""
    _, work = random_work(seed)
    tables, devices = work.tables, work.course.devices
    course = Course(
        np.zeros(1), np.zeros((1, devices), dtype=np.bool_), work.course.slow[:1],
        np.full((1, work.course.route.shape[1]), FEWEST),
    )  # fmt: skip
    free = replace(tables, limit=np.full_like(tables.limit, -1), skips=np.zeros_like(tables.skips))
    for engine in ("plain", "compiled"):
        done = run_work(Work(free, work.frames, course, np.inf, work.scatter), engine)
        asked = np.zeros(len(tables.queue_unit), dtype=np.int64)
        for stream, visits in enumerate(tables.visits):
            tasks = work.frames.tasks[work.frames.stream == stream].sum(axis=0)
            for visit in range(visits):
                asked[tables.queue[stream, visit]] += tasks[visit]
        assert done.batched.tolist() == asked.tolist()
        assert (done.outcome != DROPPED).all()

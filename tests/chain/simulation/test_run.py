"""Both engines on chains that theory knows: tandem queues, fork and join, constant times, nothing lost."""

from __future__ import annotations

import numpy as np
import pytest

from planner.chain.description import Chains, ChainStream, ChainUnit, ItemCount, Visit
from planner.chain.prediction import predict
from planner.chain.simulation.run import simulate_chains
from planner.latency.band import Band
from planner.provenance import Provenance

ENGINES = ["plain", "compiled"]


def unit(name: str, role: str, servers: int = 1) -> ChainUnit:
    return ChainUnit(name, role, name, servers, Provenance.DATASHEET)


def visit(step: str, at: str, times: tuple[float, ...], after: int | None, **more: object) -> Visit:
    bands = tuple(Band(time_s, time_s, time_s) for time_s in times)
    return Visit(step, str(more.pop("kind", "network")), at, bands, after, **more)


UNITS = (unit("dec", "decoder"), unit("gpu", "accelerator"), unit("cores", "cores", 2))


def one(*visits: Visit, rate_per_s: float = 50.0, sources: int = 1) -> Chains:
    return Chains(UNITS, (ChainStream("cameras", sources, rate_per_s, visits, slo_s=0.2),))


@pytest.mark.parametrize("engine", ENGINES)
def test_constant_times_below_the_period_wait_for_nobody(engine):
    """D/D/1 in tandem: each frame takes 2 + 5 ms, and the units are busy 10 and 25 % of the time."""
    chains = one(visit("decode", "dec", (0.002,), None), visit("detect", "gpu", (0.005,), 0))
    run = simulate_chains(chains, 20.0, engine=engine)
    assert run.latency_s[0] == pytest.approx(np.full(run.frames, 0.007), abs=1e-9)
    assert run.busy == pytest.approx({"dec": 0.1, "gpu": 0.25, "cores": 0.0}, rel=2e-3)
    assert run.answered == run.frames == pytest.approx(1000, abs=1)


def test_tandem_queues_of_exponential_times_are_as_jackson_says():
    """Poisson arrivals, two M/M/1 behind each other: 1 / (mu - lambda) at each; 1/50 + 1/150 s in all."""
    chains = one(visit("decode", "dec", (0.01,), None), visit("detect", "gpu", (0.005,), 0), rate_per_s=50.0)
    runs = [
        simulate_chains(chains, 4000.0, warmup_s=50.0, seed=seed, arrivals="poisson", service="exponential")
        .latency_s[0]
        .mean()
        for seed in range(6)
    ]
    assert np.mean(runs) == pytest.approx(1 / 50 + 1 / 150, rel=0.02)


def test_fork_and_join_of_two_queues_is_as_flatto_and_hahn_say():
    """Two M/M/1 on the same arrivals: (12 - rho) / 8 times 1 / (mu - lambda) until both are done."""
    rate, mu = 50.0, 100.0
    chains = Chains(
        (unit("split", "decoder"), unit("gpu", "accelerator"), unit("npu", "accelerator")),
        (
            ChainStream(
                "cameras",
                1,
                rate,
                (visit("faces", "gpu", (1 / mu,), None), visit("bodies", "npu", (1 / mu,), None)),
                slo_s=0.2,
            ),
        ),
    )
    runs = [
        simulate_chains(chains, 4000.0, warmup_s=50.0, seed=seed, arrivals="poisson", service="exponential")
        .latency_s[0]
        .mean()
        for seed in range(6)
    ]
    assert np.mean(runs) == pytest.approx((12 - rate / mu) / 8 / (mu - rate), rel=0.02)


def test_objects_wait_for_each_other_and_fill_batches():
    """Always five objects in batches of two: 1 + 3 + 3 + 2 ms, by hand and as predicted."""
    items = ItemCount(5, "fixed")
    chains = one(
        visit("detect", "gpu", (0.001,), None), visit("plates", "gpu", (0.002, 0.003), 0, items=items)
    )
    run = simulate_chains(chains, 10.0)
    assert run.latency_s[0] == pytest.approx(np.full(run.frames, 0.009), abs=1e-9)
    assert run.latency_s[0].mean() == pytest.approx(predict(chains).streams[0].alone_s.mid, abs=1e-9)


def test_every_third_frame_is_looked_at_and_all_that_the_camera_sends_are_decoded():
    chains = one(
        visit("decode", "dec", (0.002,), None, kind="decode", frames=2.0),
        visit("detect", "gpu", (0.006,), 0, frames=1 / 3),
    )
    run = simulate_chains(chains, 60.0)
    assert run.busy["dec"] == pytest.approx(50 * 2 * 0.002, rel=2e-3)
    assert run.busy["gpu"] == pytest.approx(50 / 3 * 0.006, rel=2e-3)
    # What is promised is the latency of frames that the network looks at, a third of 50 a second.
    assert run.frames == pytest.approx(1000, abs=1)
    assert run.latency_s[0] == pytest.approx(np.full(run.frames, 0.008), abs=1e-9)


def test_use_over_a_long_run_is_the_predicted_one():
    """Full batches are the prediction's; with batches of one, use of both is the same."""
    items = ItemCount(2.5, most=12)
    chains = one(
        visit("decode", "dec", (0.003,), None),
        visit("detect", "gpu", (0.004,), 0, frames=0.5),
        visit("plates", "gpu", (0.002,), 1, frames=0.5, items=items),
        visit("track", "cores", (0.001,), 2),
        sources=3,
    )
    run = simulate_chains(chains, 600.0)
    for use in predict(chains).units:
        assert run.busy[use.unit.id] == pytest.approx(use.busy.mid, rel=0.02)

"""Small devices and streams whose steps can be worked out by hand."""

from dataclasses import replace

import numpy as np
import pytest

from planner.conversation.description import Admission, Drawn, Levels, Serving, StepCost, Talk

COST = StepCost(
    weight_bytes=np.array([1e9]),
    step_macs=1e9,
    inner_macs=0.9e9,
    last_macs=0.1e9,
    pair_macs=(1e5, 2e4),
    cache_bytes=(3e4, 1e4),
    window=300,
    bandwidth_bytes_per_s=5e10,
    matrix_ops_per_s=5e12,
    half_tokens=12.0,
    vector_ops_per_s=1e12,
    decode_overhead_s=2e-3,
    prompt_overhead_s=3e-3,
    top_bandwidth_bytes_per_s=6e10,
    top_ops_per_s=1e13,
)
PLAIN = replace(COST, pair_macs=(0.0, 0.0), cache_bytes=(1e4, 0.0), window=10_000)


def fixed(value: float) -> Drawn:
    return Drawn("fixed", value)


@pytest.fixture
def talk() -> Talk:
    """One user who asks 100 tokens and gets 20, without a pause."""
    return Talk(
        name="readers",
        sources=1,
        begins="users",
        rate_per_s=0.0,
        prompt=fixed(100),
        output=fixed(20),
        turns=fixed(1),
        think=fixed(0.0),
        context=4096,
        prefix_kept=True,
        levels=Levels(),
    )


@pytest.fixture
def serving(talk) -> Serving:
    return Serving((talk,), PLAIN, Admission(8, 1e12, block_tokens=1), 1, 60.0)


def random_serving(seed: int) -> Serving:
    """Streams, limits and devices drawn so that caches fill, prompts are cut and queues grow."""
    random = np.random.default_rng(seed)
    talks = tuple(
        Talk(
            f"s{place}",
            int(random.integers(1, 12)),
            ("users", "periodic", "poisson")[random.integers(3)],
            float(random.uniform(0.01, 0.2)),
            Drawn("lognormal", float(random.uniform(5, 400)), 1.0),
            Drawn("uniform", 1.0, float(random.integers(2, 200))),
            Drawn("uniform", 1.0, 6.0),
            Drawn("gamma", float(random.uniform(0.1, 20)), 1.0),
            int(random.integers(600, 3000)),
            bool(random.integers(2)),
            Levels(),
        )
        for place in range(random.integers(1, 3))
    )
    limits = Admission(
        int(random.integers(1, 9)),
        float(random.uniform(3e7, 3e8)),
        int(random.choice([1, 16, 600])),
        (None, 64, 512)[random.integers(3)],
        ("recompute", "refuse")[random.integers(2)],
    )
    return Serving(talks, COST, limits, int(random.integers(1, 5)), 20.0, seed=seed)

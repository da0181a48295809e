"""Small devices and streams whose steps can be worked out by hand."""

from dataclasses import replace

import numpy as np
import pytest

from planner.conversation.description import (
    Admission,
    Drawn,
    FrameStream,
    Levels,
    Serving,
    StepCost,
    Talk,
)
from planner.rack.description.device import RackDevice, Service, Thermal
from planner.rack.description.rack import Air, Batching, Rack
from planner.rack.description.streams import StreamGroup

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


def rack_of(devices: int, **thermal) -> Rack:
    """Small devices that one step after the other heats within seconds."""
    given = {"resistance_k_per_w": 4.0, "heat_capacity_j_per_k": 2.0, "throttle_c": 70.0, "shutdown_c": 200.0}
    heat = Thermal(**{**given, "throttled_clock": 0.5, "hysteresis_k": 2.0, **thermal})
    return Rack(
        device=RackDevice("small", 3.0, (Service("steps", (0.01,), 0.5, 8.0),), heat),
        count=devices,
        streams=(StreamGroup("steps", devices, 50.0, "steps", 1.0),),
        batching=Batching(),
        dispatch="round_robin",
        air=Air(30.0, 0.02, 0.2),
        fan_w=2.0,
        duration_s=20.0,
        warmup_s=0.0,
        supply_loss=0.1,
    )


def random_mix(seed: int, *, heated: bool = False) -> Serving:
    """The same with frames of two streams in between; with heat, devices that throttle now and then."""
    random = np.random.default_rng((seed, 1))
    serving = random_serving(seed)
    frames = tuple(
        FrameStream(
            StreamGroup(
                f"cameras {place}",
                int(random.integers(1, 4)),
                float(random.uniform(0.5, 30.0)),
                f"net {place}",
                0.1,
                arrivals=("periodic", "poisson")[random.integers(2)],
                queue_limit=(None, 1, 3)[random.integers(3)],
                overflow=("drop_oldest", "drop_newest")[random.integers(2)],
                priority=int(random.integers(2)),
            ),
            float(random.uniform(0.002, 0.06)),
            float(random.uniform(0, 1)),
            float(random.uniform(1, 12)),
        )
        for place in range(2)
    )
    share = ("turns", "frames_first", "steps_first")[random.integers(3)]
    cost = replace(COST, none_w=4.0, full_w=14.0, most_w=12.0, overhead_clock_power=0.8)
    return replace(
        serving,
        frames=frames,
        share=share,
        cost=cost,
        rack=rack_of(serving.devices) if heated else None,
    )

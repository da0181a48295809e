"""Small racks drawn from a number: every rule and process, from nearly idle to far overloaded."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from planner.rack.description.life import CarrierFailures, Failures, Life, Outage, Spares
from planner.rack.description.rack import (
    Air,
    Batching,
    Host,
    Leakage,
    NetworkShare,
    Rack,
    RackDevice,
    Service,
    Thermal,
    Unit,
)
from planner.rack.description.rolling_update import RollingUpdate
from planner.rack.description.streams import Bursts, DayProfile, DropOuts, HostStep, StreamGroup

DISPATCHES = ("shortest_queue", "round_robin", "central_queue", "power_of_two", "least_energy")
TABLE = np.array([0.01, 0.014, 0.017, 0.021])


def random_rack(number: int) -> Rack:
    draw = np.random.default_rng(number)
    networks = ["net", "other"][: int(draw.integers(1, 3))]
    batching = Batching(int(draw.integers(1, 5)), float(draw.choice([0.0, 0.02])))
    rack = Rack(
        device=_device(draw),
        count=int(draw.integers(2, 9)),
        streams=tuple(
            _group(draw, f"stream {i}", networks[i % len(networks)], batching)
            for i in range(int(draw.integers(2, 5)))
        ),
        batching=batching,
        dispatch=str(draw.choice(DISPATCHES)),
        air=Air(
            25.0, float(draw.uniform(0.01, 0.1)), float(draw.uniform(0, 0.6)), float(draw.uniform(-5, 5))
        ),
        fan_w=12.0,
        duration_s=10.0,
        warmup_s=float(draw.choice([0.0, 2.0])),
        epoch_s=0.5,
        seed=number,
        replications=2,
        initial=str(draw.choice(["steady", "cold"])),
        shares=_shares(draw, networks),
    )
    rack = replace(rack, life=_life(draw, rack.count))
    rack = _with_units(draw, rack) if draw.random() < 0.5 else rack
    draw = np.random.default_rng((number, 1))
    rack = replace(rack, life=_with_spares(draw, rack.life))
    pinned = draw.random() < 0.2 and rack.dispatch != "central_queue"
    return replace(rack, dispatch="pinned") if pinned else rack


def _with_spares(draw: np.random.Generator, life: Life) -> Life:
    """Spares, hot or cold, and trays that fail, for most racks whose devices do; from draws of its own."""
    if not life.fails or draw.random() < 0.3:
        return life
    spares = Spares(
        int(draw.integers(1, 4)), float(draw.choice([0.0, 0.5, 1.2])), hot=bool(draw.random() < 0.5)
    )
    carriers = CarrierFailures(int(draw.integers(1, 4)), 8.0, 1.0) if draw.random() < 0.5 else None
    return replace(life, spares=spares, carriers=carriers)


def _with_units(draw: np.random.Generator, rack: Rack) -> Rack:
    """A DLA pair or an NPU beside the main unit, perhaps for one network only; work on hosts and copies."""
    beside = []
    for kind, count in (("dla", 2), ("npu", 1)):
        if draw.random() < 0.6:
            pace = float(draw.uniform(0.5, 3))
            services = tuple(
                replace(service, batch_s=tuple(pace * x for x in service.batch_s), busy_w=9.0)
                for service in rack.device.services[: int(draw.integers(1, 3))]
            )
            beside.append(Unit(kind, services, count))
    device = replace(rack.device, beside=tuple(beside))
    dispatch = str(draw.choice([rack.dispatch, "npu_first"]))
    streams = rack.streams
    if dispatch != "central_queue" and draw.random() < 0.7:
        device = replace(device, host=Host(int(draw.integers(1, 4)), 2.0, copies=int(draw.integers(1, 3))))
        streams = tuple(
            replace(group, before=_steps(draw), after=_steps(draw)) if draw.random() < 0.7 else group
            for group in streams
        )
    spill_at = int(draw.integers(1, 4))
    device = replace(device, contention=float(draw.choice([0.0, 0.15])), instances=int(draw.choice([1, 3])))
    life = _measured(draw, rack.life)
    return replace(rack, device=device, dispatch=dispatch, streams=streams, spill_at=spill_at, life=life)


def _measured(draw: np.random.Generator, life: Life) -> Life:
    """The new model, where there is one, judged by what the run shows of it."""
    if life.update is None:
        return life
    update = replace(
        life.update,
        error_ratio=float(draw.choice([0.0, 0.05])),
        roll_back_p99_s=float(draw.uniform(0.01, 0.5)),
        roll_back_errors=float(draw.choice([0.01, 0.2])),
    )
    return replace(life, update=update)


def _steps(draw: np.random.Generator) -> tuple[HostStep, ...]:
    places = draw.choice(["host", "copy", "unit"], size=int(draw.integers(0, 3)))
    return tuple(HostStep(str(place), float(draw.uniform(0.0005, 0.02))) for place in places)


def _life(draw: np.random.Generator, count: int) -> Life:
    """Nothing for most racks; else devices that fail, are lost at a time, or get a new model in waves."""
    if draw.random() < 0.6:
        return Life()
    update = RollingUpdate(
        at_s=float(draw.uniform(0, 4)),
        interruption_s=float(draw.choice([0.0, 0.7, 2.0])),
        at_once=int(draw.integers(1, 3)),
        first_share=float(draw.choice([0.3, 1.0])),
        soak_s=float(draw.uniform(0, 2)),
        time_ratio=float(draw.choice([0.8, 1.4])),
        roll_back_over=float(draw.choice([1.0, 2.0])),
    )
    return Life(
        outages=(Outage(float(draw.uniform(0, 6)), 2.3, first=int(draw.integers(0, count))),),
        failures=Failures(6.0, 1.5) if draw.random() < 0.5 else None,
        update=update if draw.random() < 0.5 else None,
    )


def _device(draw: np.random.Generator) -> RackDevice:
    distribution = "exponential" if draw.random() < 0.2 else "deterministic"
    services = tuple(
        Service(
            name,
            tuple(float(x) for x in TABLE * draw.uniform(0.3, 3)),
            float(draw.uniform()),
            float(draw.uniform(5, 60)),
            service_distribution=distribution,
        )
        for name in ("net", "other")
    )
    thermal = Thermal(
        resistance_k_per_w=float(draw.uniform(1.0, 5.0)),
        heat_capacity_j_per_k=float(draw.uniform(0.5, 5)),
        throttle_c=85.0,
        hysteresis_k=5.0,
        shutdown_c=float(draw.choice([87.0, 120.0])),
        throttled_clock=float(draw.uniform(0.5, 1.0)),
        leakage=Leakage(1.0, 25.0, 0.02) if draw.random() < 0.5 else None,
    )
    return RackDevice("box", 5.0, services, thermal, clock_power_exponent=float(draw.choice([1.0, 2.5])))


def _group(draw: np.random.Generator, name: str, network: str, batching: Batching) -> StreamGroup:
    group = StreamGroup(
        name,
        sources=int(draw.integers(1, 13)),
        rate_per_s=float(draw.uniform(5, 25)),
        network=network,
        slo_s=0.1,
        queue_limit=int(draw.integers(batching.max_size, 12)) if draw.random() < 0.5 else None,
        overflow=str(draw.choice(["drop_oldest", "drop_newest", "skip_frame"])),
        priority=int(draw.integers(0, 3)),
        profile=DayProfile((1.0, 0.2, 0.0, 1.5), 4.0, 1.3) if draw.random() < 0.3 else None,
        drop_outs=DropOuts(3.0, 1.0) if draw.random() < 0.3 else None,
    )
    process = str(draw.choice(["periodic", "jitter", "poisson", "gamma", "mmpp"]))
    changes = {
        "periodic": {},
        "jitter": {"jitter_s": 0.3 / group.rate_per_s},
        "poisson": {"arrivals": "poisson"},
        "gamma": {"arrivals": "gamma", "gap_cv": 2.5},
        "mmpp": {"arrivals": "mmpp", "bursts": Bursts(1.0, 0.3, 6.0)},
    }
    return replace(group, **changes[process])


def _shares(draw: np.random.Generator, networks: list[str]) -> tuple[NetworkShare, ...]:
    if len(networks) < 2 or draw.random() < 0.6:
        return ()
    share = float(draw.uniform(0.2, 0.8))
    return (NetworkShare(networks[0], share), NetworkShare(networks[1], 1 - share))

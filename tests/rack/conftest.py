from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from planner.rack.description.rack import Air, Batching, Rack, RackDevice, Service, Thermal
from planner.rack.description.streams import StreamGroup

RackMaker = Callable[..., Rack]


@pytest.fixture(scope="session")
def random_rack() -> Callable[[int], Rack]:
    """A small rack drawn from a number; see `random_racks.py` beside this file."""
    place = Path(__file__).with_name("random_racks.py")
    spec = importlib.util.spec_from_file_location("random_racks", place)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.random_rack


@pytest.fixture(scope="session")
def thermal() -> Thermal:
    """R C is 60 s, and a device that draws below 50 W over 25 C air never throttles."""
    return Thermal(
        resistance_k_per_w=1.2,
        heat_capacity_j_per_k=50.0,
        throttle_c=85.0,
        hysteresis_k=5.0,
        shutdown_c=100.0,
        throttled_clock=0.5,
    )


@pytest.fixture(scope="session")
def make_rack(thermal: Thermal) -> RackMaker:
    """A small rack of cameras; keywords replace its fields, and `service_s` the time of one request."""

    def make(*, service_s: float = 0.01, **changes: object) -> Rack:
        service = Service("net", (service_s,), clocked_share=0.5, busy_w=20.0)
        rack = Rack(
            device=RackDevice("box", idle_w=5.0, services=(service,), thermal=thermal),
            count=2,
            streams=(StreamGroup("cameras", sources=6, rate_per_s=15.0, network="net", slo_s=0.1),),
            batching=Batching(),
            dispatch="shortest_queue",
            air=Air(supply_c=25.0, airflow_m3_per_s=0.1, recirculation=0.2),
            fan_w=12.0,
            duration_s=12.0,
            warmup_s=2.0,
            replications=2,
        )
        return replace(rack, **changes)

    return make

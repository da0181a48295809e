"""Laws that must hold to rounding for any rack, and that must break when the records are falsified."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.rack.description.rack import Air, Batching, Leakage, Rack, Service
from planner.rack.description.streams import StreamGroup
from planner.rack.reference.engine import run_replication
from tests.rack.residuals import check_invariants

LAWS = {"little", "little_queue", "utilisation", "energy", "first_law", "conservation"}


@st.composite
def racks(draw, make_rack) -> Rack:
    """Racks from nearly idle to far overloaded, cool to shutting down."""
    base = make_rack()
    table = tuple(draw(st.floats(0.002, 0.05)) * (1 + 0.3 * size) for size in range(4))
    services = (
        Service("net", table, draw(st.floats(0, 1)), draw(st.floats(0, 60))),
        Service("other", table, 0.5, 9.0),
    )
    thermal = replace(
        base.device.thermal,
        resistance_k_per_w=draw(st.floats(0.2, 3)),
        heat_capacity_j_per_k=draw(st.floats(0.5, 50)),
        leakage=draw(st.sampled_from([None, Leakage(1.0, 25.0, 0.02)])),
    )
    limit = draw(st.sampled_from([None, 4, 20]))
    streams = (
        StreamGroup("cameras", draw(st.integers(1, 12)), 15.0, "net", 0.1, queue_limit=limit),
        StreamGroup("doors", 2, draw(st.floats(0.5, 40)), "other", 0.1, arrivals="poisson"),
    )
    return replace(
        base,
        device=replace(base.device, services=services, thermal=thermal),
        count=draw(st.integers(1, 4)),
        streams=streams,
        batching=Batching(4, draw(st.sampled_from([0.0, 0.02]))),
        dispatch=draw(st.sampled_from(["shortest_queue", "round_robin", "central_queue"])),
        air=Air(25.0, draw(st.floats(0.005, 0.2)), draw(st.floats(0, 1)), draw(st.floats(-5, 5))),
        epoch_s=0.5,
        duration_s=6.0,
        warmup_s=draw(st.sampled_from([0.0, 1.5])),
        initial=draw(st.sampled_from(["steady", "cold"])),
    )


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_every_law_holds_to_rounding(make_rack, data):
    rack = data.draw(racks(make_rack))
    residuals = check_invariants(rack, [run_replication(rack, 0)])
    assert set(residuals) == LAWS
    assert max(residuals.values()) < 1e-9, residuals


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_energy_is_at_least_idle_power_times_time_on(make_rack, data):
    rack = data.draw(racks(make_rack))
    run = run_replication(rack, 0)
    on_s = np.minimum(run.shutdown_s, rack.duration_s).sum()
    energy_j = run.epochs.power_w.sum() * rack.epoch_s
    assert energy_j >= rack.device.idle_w * on_s * (1 - 1e-12)


@settings(max_examples=25, deadline=None)
@given(count=st.integers(1, 6), cameras=st.integers(1, 40), seed=st.integers(0, 1000))
def test_more_devices_never_raise_utilisation(make_rack, count, cameras, seed):
    """On the same arrivals, one request a batch; the last service of each device may reach past the end."""
    streams = (StreamGroup("cameras", cameras, 15.0, "net", 0.1),)

    def busy_share(devices: int) -> float:
        rack = make_rack(count=devices, streams=streams, seed=seed, duration_s=3.0, dispatch="central_queue")
        return float(run_replication(rack, 0).epochs.busy_share.mean())

    assert busy_share(count + 1) <= busy_share(count) + 0.01 / 3.0


@pytest.mark.parametrize(
    ("law", "part", "name"),
    [
        ("little", "epochs", "in_system"),
        ("little", "requests", "departure_s"),
        ("little_queue", "epochs", "waiting"),
        ("little_queue", "waits", "end_s"),
        ("utilisation", "epochs", "busy_share"),
        ("utilisation", "batches", "end_s"),
        ("energy", "epochs", "power_w"),
        ("energy", "batches", "dynamic_w"),
        ("first_law", "epochs", "exhaust_c"),
        ("first_law", "epochs", "temperature_c"),
    ],
)
def test_a_falsified_record_breaks_its_law(make_rack, law, part, name):
    rack = make_rack(initial="cold")
    run = run_replication(rack, 0)
    table = getattr(run, part)
    false = getattr(table, name) * np.linspace(1.0, 1.01, len(getattr(table, name))).reshape(
        (-1,) + (1,) * (getattr(table, name).ndim - 1)
    )
    forged = replace(run, **{part: replace(table, **{name: false})})
    assert check_invariants(rack, [run])[law] < 1e-9
    assert check_invariants(rack, [run, forged])[law] > 1e-6


def test_a_lost_request_breaks_conservation(make_rack):
    rack = make_rack()
    run = run_replication(rack, 0)
    assert check_invariants(rack, [replace(run, in_system=run.in_system + 1)])["conservation"] > 1e-6

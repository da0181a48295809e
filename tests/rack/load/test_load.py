"""Service times, the edge of stability and the expected load, at their named limits."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.errors import InputError
from planner.rack.description.rack import Batching, Service
from planner.rack.description.streams import StreamGroup
from planner.rack.load.expected import (
    busy_power_w,
    expected_load,
    offered_utilisation,
    refuse_overload,
    service_time_s,
    shortfall_per_s,
)
from planner.rack.simulation import simulate


@pytest.mark.parametrize(("share", "slowdown"), [(0.0, 1.0), (0.5, 1.5), (1.0, 2.0)])
def test_half_the_clock_slows_only_the_share_that_computes(share, slowdown):
    service = Service("net", (0.01, 0.016), clocked_share=share, busy_w=20.0)
    assert service_time_s(service, 2, clock=0.5) == pytest.approx(0.016 * slowdown, rel=1e-12)


@pytest.mark.parametrize(("exponent", "power_w"), [(0.0, 20.0), (1.0, 10.0), (3.0, 2.5)])
def test_power_above_idle_follows_the_clock(make_rack, exponent, power_w):
    device = replace(make_rack().device, clock_power_exponent=exponent)
    assert busy_power_w(device, device.services[0], clock=0.5) == pytest.approx(power_w, rel=1e-12)


def test_offered_utilisation_is_work_over_capacity(make_rack):
    assert offered_utilisation(make_rack()) == pytest.approx(6 * 15 * 0.01 / 2, rel=1e-12)
    assert offered_utilisation(make_rack(), clock=0.5) == pytest.approx(0.45 * 1.5, rel=1e-12)


def test_offered_utilisation_counts_full_batches_of_every_network(make_rack):
    rack = make_rack()
    services = (Service("a", (0.01, 0.012), 0.5, 20.0), Service("b", (0.03, 0.04), 0.5, 20.0))
    rack = replace(
        rack,
        device=replace(rack.device, services=services),
        streams=(StreamGroup("one", 4, 15.0, "a", 0.1), StreamGroup("two", 2, 5.0, "b", 0.1)),
        batching=Batching(2),
    )
    assert offered_utilisation(rack) == pytest.approx((60 * 0.006 + 10 * 0.02) / 2, rel=1e-12)


@settings(deadline=None)
@given(count=st.integers(1, 50), more=st.integers(1, 50))
def test_more_devices_lower_the_offered_utilisation(make_rack, count, more):
    assert offered_utilisation(make_rack(count=count + more)) < offered_utilisation(make_rack(count=count))


def test_expected_load_lets_batches_grow_with_the_rate(make_rack):
    table = tuple(0.01 + 0.001 * size for size in range(1, 9))
    rack = make_rack()
    rack = replace(
        rack,
        device=replace(rack.device, services=(Service("net", table, 0.5, 20.0),)),
        streams=(StreamGroup("cameras", 40, 15.0, "net", 0.1),),
        batching=Batching(8),
    )
    load = expected_load(rack)
    assert load.busy_share == pytest.approx(1.0, abs=1e-6), "batches take all, so a device never rests"
    alone = expected_load(replace(rack, streams=(StreamGroup("cameras", 1, 15.0, "net", 0.1),)))
    assert alone.busy_share == pytest.approx(7.5 * 0.011, rel=1e-9)
    assert alone.dynamic_w == pytest.approx(7.5 * 0.011 * 20.0, rel=1e-9)


def test_a_shared_queue_fills_batches_from_all_devices(make_rack):
    """Light load and 20 ms of waiting: 1 + 15/s * 20 ms at one device, twice the rate at one queue."""
    rack = make_rack(streams=(StreamGroup("cameras", 2, 15.0, "net", 0.1),))
    service = Service("net", (0.001, 0.0015, 0.002), 0.5, 20.0)
    rack = replace(rack, device=replace(rack.device, services=(service,)), batching=Batching(3, 0.02))
    for dispatch, size in (("shortest_queue", 1.3), ("central_queue", 1.6)):
        load = expected_load(replace(rack, dispatch=dispatch))
        time_s = 0.001 + 0.0005 * (size - 1)
        assert load.busy_share == pytest.approx(15.0 * time_s / size, rel=1e-9)


def test_an_overload_is_refused_with_its_shortfall_and_the_devices_it_takes(make_rack):
    """20 cameras at 15 a second of 10 ms need three devices; two leave 100 requests a second unserved."""
    group = StreamGroup("cameras", 20, 15.0, "net", 0.1)
    rack = make_rack(streams=(group,))
    assert shortfall_per_s(rack) == pytest.approx(100.0)
    with pytest.raises(InputError, match=r"100 requests a second too many.*4 devices.*queue_limit"):
        simulate(rack)
    refuse_overload(make_rack(streams=(group,), count=4))


def test_an_overload_with_limited_queues_is_simulated(make_rack):
    result = simulate(make_rack(streams=(StreamGroup("cameras", 20, 15.0, "net", 0.1, queue_limit=3),)))
    assert result.streams[0].dropped / result.streams[0].requests == pytest.approx(1 / 3, abs=0.02)

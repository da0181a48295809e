"""What the rules of the run promise: batching, dispatch, limits, throttling, shutdown."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from planner.rack.description.rack import Air, Batching, Rack, RackDevice, Service
from planner.rack.description.streams import StreamGroup
from planner.rack.reference.engine import run_replication
from planner.rack.run.records import Outcome, Records
from tests.rack.residuals import check_invariants

TABLE = tuple(0.01 + 0.002 * size for size in range(1, 9))


@pytest.fixture(scope="session")
def make_batching(make_rack):
    """Two networks that share two devices, with batches of up to eight."""

    def make(sources: int, max_wait_s: float, **changes: object) -> Rack:
        services = (Service("net", TABLE, 0.5, 20.0), Service("other", TABLE, 0.5, 10.0))
        streams = (
            StreamGroup("front", sources, 15.0, "net", 0.1, jitter_s=0.01),
            StreamGroup("back", sources, 10.0, "net", 0.1, arrivals="poisson"),
            StreamGroup("side", 3, 5.0, "other", 0.1),
        )
        device = replace(make_rack().device, services=services)
        return make_rack(device=device, streams=streams, batching=Batching(8, max_wait_s), **changes)

    return make


def batch_waits_s(run: Records) -> tuple[np.ndarray, np.ndarray]:
    """For each batch: wait of its oldest request, and the part of it during which its device was idle."""
    oldest_s = np.full(run.batches.device.size, np.inf)
    order = {
        key: number for number, key in enumerate(zip(run.batches.device, run.batches.start_s, strict=True))
    }
    for device, start_s, arrival_s in zip(
        run.requests.device, run.requests.start_s, run.requests.arrival_s, strict=True
    ):
        if device >= 0:
            number = order[device, start_s]
            oldest_s[number] = min(oldest_s[number], arrival_s)
    free_s = np.zeros_like(oldest_s)
    for device in np.unique(run.batches.device):
        mine = np.flatnonzero(run.batches.device == device)
        free_s[mine[1:]] = run.batches.end_s[mine[:-1]]
    start_s = run.batches.start_s
    return start_s - oldest_s, start_s - np.maximum(oldest_s, free_s)


@pytest.mark.parametrize("dispatch", ["shortest_queue", "round_robin", "central_queue"])
@pytest.mark.parametrize(("sources", "max_wait_s"), [(4, 0.0), (4, 0.03), (30, 0.03)])
def test_batches_keep_to_size_and_wait(make_batching, dispatch, sources, max_wait_s):
    rack = make_batching(sources, max_wait_s, dispatch=dispatch)
    run = run_replication(rack, 0)
    assert run.batches.size.max() <= 8
    waits_s, idle_waits_s = batch_waits_s(run)
    assert waits_s.min() >= 0.0
    assert idle_waits_s.max() <= max_wait_s + 1e-12
    not_full = run.batches.size < 8
    assert (waits_s[not_full] >= max_wait_s - 1e-12).all(), "a batch that is not full has waited"
    assert run.batches.size.max() > 1


def test_batches_never_mix_networks(make_batching):
    rack = make_batching(20, 0.02)
    run = run_replication(rack, 0)
    network_of_stream = np.array([run.networks.index(group.network) for group in rack.streams])
    keys = zip(run.batches.device, run.batches.start_s, run.batches.network, strict=True)
    network_at = {(device, start_s): network for device, start_s, network in keys}
    served = run.requests.device >= 0
    expected = network_of_stream[run.requests.stream[served]]
    found = [
        network_at[key] for key in zip(run.requests.device[served], run.requests.start_s[served], strict=True)
    ]
    assert found == expected.tolist()
    assert set(found) == {0, 1}


def test_devices_serve_one_batch_at_a_time(make_batching):
    run = run_replication(make_batching(30, 0.0), 0)
    for device in (0, 1):
        mine = run.batches.device == device
        assert (run.batches.start_s[mine][1:] >= run.batches.end_s[mine][:-1]).all()


def test_one_by_one_networks_are_served_in_order_of_arrival(make_batching):
    rack = make_batching(6, 0.0, count=1)
    requests = run_replication(replace(rack, batching=Batching(1)), 0).requests
    started = np.isfinite(requests.start_s)
    assert set(requests.stream[started]) == {0, 1, 2}
    assert (np.diff(requests.start_s[started]) > 0).all()


def test_round_robin_takes_turns(make_rack):
    run = run_replication(make_rack(count=3, dispatch="round_robin"), 0)
    device = run.requests.device
    assert device.tolist() == [number % 3 for number in range(device.size)]


def mean_waits_s(make_rack, distribution: str) -> dict[str, float]:
    """Mean wait by dispatch on the same Poisson arrivals and the same work, 90 % busy."""
    rack = make_rack(count=4, streams=(StreamGroup("source", 1, 360.0, "net", 0.1, arrivals="poisson"),))
    service = Service("net", (0.01,), 0.5, 20.0, service_distribution=distribution)
    rack = replace(rack, device=replace(rack.device, services=(service,)))
    waits_s = {}
    for dispatch in ("round_robin", "shortest_queue", "central_queue"):
        requests = run_replication(replace(rack, dispatch=dispatch), 0).requests
        waits_s[dispatch] = float(np.nanmean(requests.start_s - requests.arrival_s))
    return waits_s


def test_the_more_dispatch_knows_the_less_requests_wait(make_rack):
    waits_s = mean_waits_s(make_rack, "exponential")
    assert waits_s["central_queue"] < waits_s["shortest_queue"] < waits_s["round_robin"]


def test_taking_turns_equals_one_queue_when_all_services_are_equal(make_rack):
    """In G/D/c requests begin in order and so take the devices in turn."""
    waits_s = mean_waits_s(make_rack, "deterministic")
    assert waits_s["round_robin"] == pytest.approx(waits_s["central_queue"], rel=1e-9)


def test_a_full_queue_drops_its_oldest(make_rack):
    """Twice overloaded with two waiting places: latency stays below three services, half is lost."""
    group = StreamGroup("cameras", 20, 15.0, "net", 0.1, queue_limit=2)
    run = run_replication(make_rack(count=1, streams=(group,), service_s=1 / 150), 0)
    requests = run.requests
    dropped = requests.outcome == Outcome.DROPPED
    assert 0.49 < dropped.mean() < 0.6
    served = requests.outcome == Outcome.SERVED
    latency_s = requests.departure_s - requests.arrival_s
    assert latency_s[served].max() < 3 / 150 + 1e-9
    assert np.isnan(requests.start_s[dropped]).all()
    assert (latency_s[dropped] > 0).all(), "it is the oldest that leaves, not the newcomer"


@pytest.fixture(scope="session")
def hot_rack(make_rack, thermal) -> Rack:
    """Throttles at full clock (5 + 40 W over 2 K/W), recovers when throttled: it swings across the trip."""
    swinging = replace(thermal, resistance_k_per_w=2.0, heat_capacity_j_per_k=5.0)
    device = RackDevice("hot", 5.0, (Service("net", (0.01,), 0.5, 40.0),), swinging)
    streams = (StreamGroup("cameras", 12, 15.0, "net", 0.1),)
    return make_rack(device=device, streams=streams, duration_s=120.0, air=Air(25.0, 0.1))


def test_throttling_lengthens_service_and_keeps_its_band(hot_rack):
    run = run_replication(hot_rack, 0)
    epochs, thermal = run.epochs, hot_rack.device.thermal
    assert epochs.throttled.any()
    assert not epochs.throttled.all()
    following = epochs.throttled[1:]
    before, temperature_c = epochs.throttled[:-1], epochs.temperature_c[:-1]
    in_band = (temperature_c < thermal.throttle_c) & (
        temperature_c >= thermal.throttle_c - thermal.hysteresis_k
    )
    assert in_band.any()
    assert (following[temperature_c >= thermal.throttle_c]).all()
    assert not following[temperature_c < thermal.throttle_c - thermal.hysteresis_k].any()
    assert (following[in_band] == before[in_band]).all()
    epoch = np.floor(run.batches.start_s / hot_rack.epoch_s).astype(int)
    slow = epochs.throttled[epoch, run.batches.device]
    service_s = run.batches.end_s - run.batches.start_s
    assert service_s[slow] == pytest.approx(0.015, rel=1e-9)
    assert service_s[~slow] == pytest.approx(0.01, rel=1e-9)
    assert set(run.batches.dynamic_w[slow]) == {20.0}
    assert set(run.batches.dynamic_w[~slow]) == {40.0}


@pytest.fixture(scope="session")
def half_failing_rack(hot_rack) -> Rack:
    """Of two devices, the upper one breathes 30 K warmer air and shuts down."""
    thermal = replace(
        hot_rack.device.thermal, throttled_clock=1.0, throttle_c=95.0, hysteresis_k=1.0, shutdown_c=110.0
    )
    device = replace(hot_rack.device, thermal=thermal)
    return replace(hot_rack, device=device, air=Air(25.0, 0.1, gradient_k=60.0), duration_s=30.0)


def test_a_device_past_its_shutdown_is_out_and_its_queue_moves(half_failing_rack):
    streams = (StreamGroup("cameras", 16, 15.0, "net", 0.1, queue_limit=10),)
    rack = replace(half_failing_rack, streams=streams, dispatch="round_robin")
    run = run_replication(rack, 0)
    off_s = run.shutdown_s[1]
    assert np.isinf(run.shutdown_s[0])
    assert 0 < off_s < 30
    top = run.batches.device == 1
    assert run.batches.start_s[top].max() < off_s
    assert run.batches.end_s[top].max() <= off_s
    after = run.epochs.end_s > off_s
    assert (run.epochs.power_w[after, 1] == 0).all()
    assert (run.epochs.clock[after, 1] == 0).all()
    assert (run.epochs.busy_share[after, 1] == 0).all()
    requests = run.requests
    lost = run.batches.lost
    assert lost.sum() == 1
    assert requests.departure_s[(requests.device == 1) & (requests.outcome == Outcome.DROPPED)].tolist() == [
        off_s
    ]
    waited_above = (np.arange(requests.device.size) % 2 == 1) & (requests.arrival_s < off_s)
    assert (waited_above & (requests.device == 0)).any(), "its turn was the top device, served below"
    served_below = (requests.device == 0) & (requests.start_s > off_s)
    assert (np.diff(requests.start_s[served_below]) > 0).all(), "in order also after the move"
    assert max(check_invariants(rack, [run]).values()) < 1e-9


def test_a_central_queue_outlives_one_of_its_devices(half_failing_rack):
    streams = (StreamGroup("cameras", 13, 15.0, "net", 0.1, queue_limit=50),)
    rack = replace(half_failing_rack, streams=streams, dispatch="central_queue")
    run = run_replication(rack, 0)
    off_s = run.shutdown_s[1]
    requests = run.requests
    assert 0 < off_s < 30
    at_shutdown = requests.departure_s == off_s
    assert (requests.device[at_shutdown & (requests.outcome == Outcome.DROPPED)] == 1).all()
    assert (requests.device[requests.start_s >= off_s] == 0).all()
    assert run.epochs.waiting[-1] == pytest.approx(50.0, abs=1.5), "overloaded alone, so the queue is full"
    assert max(check_invariants(rack, [run]).values()) < 1e-9


@pytest.mark.parametrize("dispatch", ["shortest_queue", "round_robin", "central_queue"])
def test_a_rack_that_is_all_off_drops_everything(hot_rack, dispatch):
    thermal = replace(hot_rack.device.thermal, throttled_clock=1.0, throttle_c=70.0, shutdown_c=75.0)
    rack = replace(
        hot_rack, device=replace(hot_rack.device, thermal=thermal), duration_s=20.0, dispatch=dispatch
    )
    run = run_replication(rack, 0)
    off_s = run.shutdown_s.max()
    assert off_s < 20
    late = run.requests.arrival_s > off_s
    assert late.any()
    assert (run.requests.outcome[late] == Outcome.DROPPED).all()
    assert (run.requests.departure_s[late] == run.requests.arrival_s[late]).all()
    assert run.in_system == 0
    assert max(check_invariants(rack, [run]).values()) < 1e-9

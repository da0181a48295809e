"""Units of one device that serve together, and work around inference: hosts, copies, steps on the unit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from planner.errors import InputError
from planner.plan.rack.theory import matching_queue
from planner.rack.counts.statistics import t_interval
from planner.rack.description.rack import Host, RackDevice, Service, Unit
from planner.rack.description.streams import HostStep, StreamGroup
from planner.rack.load.capacity import pool_busy, shared_among_units
from planner.rack.load.expected import expected_load, offered_utilisation
from planner.rack.load.queueing import mmc
from planner.rack.reference import engine as simpy_engine
from planner.rack.simulation import simulate


def with_device(rack, **changes):
    return replace(rack, device=replace(rack.device, **changes))


@pytest.fixture
def lone(make_rack):
    """One camera that never waits, with work of every kind around its 10 ms of inference."""
    camera = StreamGroup(
        "camera", 1, 5.0, "net", 1.0,
        before=(HostStep("host", 0.004), HostStep("copy", 0.001), HostStep("unit", 0.002)),
        after=(HostStep("copy", 0.0005), HostStep("host", 0.003)),
    )  # fmt: skip
    rack = with_device(make_rack(count=1), host=Host(2, core_w=3.0))
    return replace(rack, streams=(camera,))


def test_a_request_takes_every_step_once(lone):
    result = simulate(lone, engine="simpy")
    assert result.streams[0].latency_s.mean == pytest.approx(0.0205)
    assert result.streams[0].latency_s.p99 == pytest.approx(0.0205)
    assert result.devices.utilisation == pytest.approx(5 * 0.012, rel=1e-2)
    assert result.devices.host_utilisation == pytest.approx(5 * 0.007 / 2, rel=1e-2)
    assert max(result.invariants.values()) < 1e-9


def test_the_host_draws_power_and_heats(lone):
    still = with_device(lone, host=Host(2))
    hot, cool = simulate(lone), simulate(still)
    assert hot.power_w - cool.power_w == pytest.approx(5 * 0.007 * 3.0, rel=0.02)
    assert hot.devices.temperature_c.mean > cool.devices.temperature_c.mean
    assert expected_load(lone).dynamic_w - expected_load(still).dynamic_w == pytest.approx(0.105)


def test_steps_on_the_unit_hold_up_the_whole_batch(make_rack):
    """Four frames a batch at 17 ms, each with 2 ms of its own: 25 ms while batches are full."""
    service = Service("net", (0.01, 0.013, 0.015, 0.017), 0.5, 20.0)
    camera = StreamGroup("cameras", 40, 15.0, "net", 0.1, queue_limit=8, before=(HostStep("unit", 0.002),))
    rack = make_rack(count=1, streams=(camera,))
    rack = replace(with_device(rack, services=(service,)), batching=replace(rack.batching, max_size=4))
    assert offered_utilisation(rack) == pytest.approx(600 * 0.025 / 4)
    assert simulate(rack).throughput_per_s == pytest.approx(4 / 0.025, rel=1e-3)


def test_a_host_that_is_too_slow_is_an_overload(lone):
    busy = replace(lone, streams=(replace(lone.streams[0], rate_per_s=300.0, sources=1),))
    assert pool_busy(with_device(busy, host=Host(2))) == pytest.approx((300 * 0.007 / 2, 300 * 0.0015))
    fast = with_device(busy, services=(Service("net", (0.0001,), 0.5, 20.0),), host=Host(1))
    with pytest.raises(InputError, match="210 %"):
        simulate(fast)


def test_what_needs_a_host_is_refused_without_one(lone):
    with pytest.raises(InputError, match="a device with a host"):
        with_device(lone, host=None)
    with pytest.raises(InputError, match="names the device"):
        replace(lone, dispatch="central_queue")


def units_of(main_s: float, beside: tuple[Unit, ...], thermal) -> RackDevice:
    return RackDevice("box", 5.0, (Service("net", (main_s,), 0.5, 20.0),), thermal, beside=beside)


def slow_unit(kind: str, time_s: float, count: int = 1) -> Unit:
    return Unit(kind, (Service("net", (time_s,), 0.5, 5.0),), count)


def test_units_of_one_device_serve_together(make_rack, thermal):
    """Overloaded, a GPU of 10 ms and two DLAs of 40 ms serve 100 + 2 x 25 requests a second."""
    cameras = StreamGroup("cameras", 40, 10.0, "net", 0.1, queue_limit=5)
    device = units_of(0.01, (slow_unit("dla", 0.04, 2),), thermal)
    result = simulate(make_rack(count=1, streams=(cameras,), device=device))
    assert result.throughput_per_s == pytest.approx(150, rel=1e-2)
    assert result.offered_utilisation == pytest.approx(400 / 150)
    assert result.devices.utilisation == pytest.approx(1.0, rel=1e-6)
    assert any("at its memory" in text for text in result.warnings), "what is not modelled is said"


def test_npu_first_spills_as_erlang_says(make_rack, thermal):
    """Requests that find the NPU busy go to the GPU: with one place the NPU takes 1 / (1 + a) of them.

    Erlang's loss formula for one server, whatever the distribution of its service; a is 0.8 here.
    """
    door = StreamGroup("door", 1, 40.0, "net", 1.0, arrivals="poisson", queue_limit=0)
    device = units_of(0.005, (slow_unit("npu", 0.02),), thermal)
    rack = make_rack(
        count=1, streams=(door,), device=device, dispatch="npu_first", spill_at=1, duration_s=500.0
    )
    shares = []
    for number in range(10):
        run = simpy_engine.run_replication(rack, number)
        on_npu = np.isclose(run.batches.end_s - run.batches.start_s, 0.02)
        shares.append(on_npu.sum() / run.requests.arrival_s.size)
    low, high = t_interval(shares, confidence=0.999)
    assert low <= 1 / 1.8 <= high
    assert high - low < 0.15 / 1.8


@pytest.mark.parametrize(("spill_at", "npu_only"), [(1, False), (50, True)])
def test_a_high_mark_keeps_all_on_the_npu(make_rack, thermal, spill_at, npu_only):
    door = StreamGroup("door", 1, 30.0, "net", 1.0, arrivals="poisson")
    device = units_of(0.005, (slow_unit("npu", 0.02),), thermal)
    rack = make_rack(count=1, streams=(door,), device=device, dispatch="npu_first", spill_at=spill_at)
    batches = simpy_engine.run_replication(rack, 0).batches
    assert bool(np.isclose(batches.end_s - batches.start_s, 0.02).all()) is npu_only


def starts_and_ends(run, length_s):
    """Spans of the batches that take this long."""
    batches = run.batches
    there = np.isclose(batches.end_s - batches.start_s, length_s)
    return batches.start_s[there], batches.end_s[there]


def at_work(spans, instants_s):
    """Whether a server with these spans is busy at these instants, just before anything happens in them."""
    starts_s, ends_s = spans
    place = np.searchsorted(starts_s, instants_s) - 1
    return (place >= 0) & (ends_s[np.maximum(place, 0)] >= instants_s)


def test_work_spills_from_npu_to_gpu_to_cpu_and_only_when_the_one_before_is_full(make_rack, thermal):
    """One place each: the GPU is taken while the NPU works, the CPU while both do; both engines alike."""
    door = StreamGroup("door", 1, 60.0, "net", 1.0, arrivals="poisson", queue_limit=0)
    device = units_of(0.015, (slow_unit("cpu", 0.05), slow_unit("npu", 0.02)), thermal)
    rack = make_rack(
        count=1, streams=(door,), device=device, dispatch="npu_first", spill_at=1, duration_s=200.0
    )
    run = simpy_engine.run_replication(rack, 0)
    npu, gpu, cpu = (starts_and_ends(run, length_s) for length_s in (0.02, 0.015, 0.05))
    assert min(len(starts_s) for starts_s, _ in (npu, gpu, cpu)) > 500
    assert at_work(npu, gpu[0]).all()
    assert at_work(npu, cpu[0]).all()
    assert at_work(gpu, cpu[0]).all()
    reference, compiled = simulate(rack, engine="simpy"), simulate(rack)
    assert compiled.streams[0].dropped == reference.streams[0].dropped > 0
    assert compiled.streams[0].latency_s.mean == pytest.approx(reference.streams[0].latency_s.mean)


def test_each_kind_may_have_a_mark_of_its_own(make_rack, thermal):
    """Four at the NPU before the GPU is asked, and one there before the CPU is; or fifty before the CPU."""
    door = StreamGroup("door", 1, 90.0, "net", 1.0, arrivals="poisson")
    device = units_of(0.015, (slow_unit("cpu", 0.05), slow_unit("npu", 0.02)), thermal)
    rack = make_rack(count=1, streams=(door,), device=device, dispatch="npu_first", duration_s=100.0)
    early, late = (replace(rack, spill_at={"npu": 4, "gpu": gpu}) for gpu in (1, 50))
    on_cpu = [len(starts_and_ends(simpy_engine.run_replication(r, 0), 0.05)[0]) for r in (early, late)]
    assert on_cpu[0] > 100
    assert on_cpu[1] == 0
    for one in (early, late):
        assert simulate(one).streams[0].served == simulate(one, engine="simpy").streams[0].served
    with pytest.raises(InputError, match="kinds among gpu, cpu, npu"):
        replace(rack, spill_at={"dla": 2})


def test_the_best_sharing_is_the_linear_programme_s():
    """Two networks on two units: each goes to the one that is faster at it; moving any makes it worse."""
    rates, times = np.array([30.0, 10.0]), np.array([[0.01, 0.03], [0.05, 0.02]])
    sharing = shared_among_units(rates, times, np.ones(2))
    assert sharing.busiest == pytest.approx(0.275)
    assert sharing.rates_per_s == pytest.approx(np.array([[27.5, 2.5], [0.0, 10.0]]))
    alone = shared_among_units(rates, np.array([[0.01, np.inf], [0.05, np.inf]]), np.ones(2))
    assert alone.busiest == pytest.approx(0.8)


def test_a_unit_that_serves_one_network_only_gets_no_other(make_rack, thermal):
    services = (Service("net", (0.01,), 0.5, 20.0), Service("other", (0.01,), 0.5, 20.0))
    device = RackDevice("box", 5.0, services, thermal, beside=(slow_unit("dla", 0.011),))
    streams = (StreamGroup("a", 3, 10.0, "net", 0.1), StreamGroup("b", 3, 10.0, "other", 0.1))
    run = simpy_engine.run_replication(make_rack(count=1, device=device, streams=streams), 0)
    on_dla = np.isclose(run.batches.end_s - run.batches.start_s, 0.011)
    assert on_dla.any()
    assert {run.networks[n] for n in run.batches.network[on_dla]} == {"net"}


def test_nonsense_is_refused(thermal):
    with pytest.raises(InputError, match="2 problems"):
        Host(0, copies=0)
    with pytest.raises(InputError, match="each name once"):
        units_of(0.01, (slow_unit("gpu", 0.1),), thermal)
    with pytest.raises(InputError, match="step"):
        HostStep("moon", -1.0)


def test_instances_of_the_main_unit_are_servers_of_one_device(make_rack):
    """A device of three cores is M/M/3 under one queue; by Erlang C, with 2.1 of 3 busy."""
    service = Service("net", (0.01,), 1.0, 4.0, "exponential")
    camera = StreamGroup("cameras", 1, 210.0, "net", 1.0, arrivals="poisson")
    rack = replace(make_rack(count=1, streams=(camera,)), dispatch="central_queue", duration_s=400.0)
    rack = with_device(rack, services=(service,), instances=3)
    assert offered_utilisation(rack) == pytest.approx(0.7)
    assert expected_load(rack).dynamic_w == pytest.approx(2.1 * 4.0, rel=1e-6)
    result = simulate(rack)
    theory = mmc(3, 210.0, 0.01)
    assert result.devices.utilisation == pytest.approx(0.7, rel=0.02)
    assert result.streams[0].latency_s.mean == pytest.approx(theory.mean_latency_s, rel=0.05)
    assert matching_queue(rack).mean_latency_s == pytest.approx(theory.mean_latency_s)


def test_a_device_has_one_instance_or_more(make_rack):
    with pytest.raises(InputError, match="instances"):
        with_device(make_rack(), instances=0)

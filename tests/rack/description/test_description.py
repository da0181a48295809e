from __future__ import annotations

from dataclasses import replace

import pytest

from planner.errors import InputError
from planner.rack.description.rack import Air, Batching, Leakage, RackDevice, Service, Thermal
from planner.rack.description.streams import StreamGroup


def test_all_problems_of_a_stream_group_arrive_together():
    with pytest.raises(InputError) as caught:
        StreamGroup(
            "door", sources=0, rate_per_s=0.0, network="net", slo_s=-1.0, slo_quantile=1.0, queue_limit=-1
        )
    assert [problem.where for problem in caught.value.problems] == [
        "sources", "rate_per_s", "slo_s", "slo_quantile", "queue_limit",
    ]  # fmt: skip
    assert "door" in str(caught.value)


def test_all_problems_of_a_rack_arrive_together(make_rack):
    with pytest.raises(InputError) as caught:
        make_rack(count=0, replications=0, warmup_s=20.0, fan_w=float("nan"), streams=(), dispatch="random")
    assert {problem.where for problem in caught.value.problems} == {
        "count", "replications", "warmup_s", "fan_w", "streams", "dispatch",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"resistance_k_per_w": -1.0}, "resistance_k_per_w"),
        ({"heat_capacity_j_per_k": 0.0}, "heat_capacity_j_per_k"),
        ({"hysteresis_k": -0.1}, "hysteresis_k"),
        ({"shutdown_c": 80.0}, "shutdown_c"),
        ({"throttled_clock": 0.0}, "throttled_clock"),
        ({"throttle_c": float("inf")}, "throttle_c"),
    ],
)
def test_impossible_thermal_values_are_refused(thermal: Thermal, change, where):
    with pytest.raises(InputError, match=where):
        replace(thermal, **change)


@pytest.mark.parametrize(
    ("make", "where"),
    [
        (lambda: Service("net", (), 0.5, 1.0), "batch_s"),
        (lambda: Service("net", (0.1, 0.0), 0.5, 1.0), r"batch_s\[1\]"),
        (lambda: Service("net", (0.1,), 1.5, 1.0), "clocked_share"),
        (lambda: Leakage(-1.0, 25.0, 0.02), "reference_w"),
        (lambda: Batching(0, 0.0), "max_size"),
        (lambda: Batching(1, float("nan")), "max_wait_s"),
        (lambda: Air(25.0, 0.0), "airflow_m3_per_s"),
        (lambda: Air(25.0, 0.1, recirculation=1.2), "recirculation"),
        (lambda: StreamGroup("a", 1, 10.0, "net", 0.1, jitter_s=0.06), "half the period"),
        (lambda: StreamGroup("a", 1, 10.0, "net", 0.1, arrivals="poisson", jitter_s=0.01), "poisson"),
    ],
)
def test_impossible_parts_are_refused(make, where):
    with pytest.raises(InputError, match=where):
        make()


def test_a_device_serves_each_network_once(thermal: Thermal):
    service = Service("net", (0.01,), 0.5, 20.0)
    with pytest.raises(InputError, match="net more than once"):
        RackDevice("box", 5.0, (service, service), thermal)


def test_a_trip_below_the_supply_air_is_refused(make_rack):
    with pytest.raises(InputError, match=r"throttle_c.*idle device"):
        make_rack(air=Air(90.0, 0.1))


def test_a_network_without_service_is_refused_with_those_there_are(make_rack):
    with pytest.raises(InputError, match="one of net, got other"):
        make_rack(streams=(StreamGroup("cameras", 1, 15.0, "other", 0.1),))


def test_a_batch_larger_than_the_service_table_is_refused(make_rack):
    with pytest.raises(InputError, match="at most the 1 batch sizes"):
        make_rack(batching=Batching(4))


def test_a_window_between_epochs_is_refused(make_rack):
    with pytest.raises(InputError, match="whole epochs"):
        make_rack(warmup_s=1.5)


def test_a_queue_that_can_never_fill_a_batch_is_refused(make_rack):
    device = make_rack().device
    device = replace(device, services=(Service("net", (0.01, 0.02, 0.03, 0.04), 0.5, 20.0),))
    group = StreamGroup("cameras", 6, 15.0, "net", 0.1, queue_limit=2)
    with pytest.raises(InputError, match="never start"):
        make_rack(device=device, streams=(group,), batching=Batching(4, 0.05))
    assert make_rack(device=device, streams=(group,), batching=Batching(4)).batching.max_size == 4

"""Units of one device at one memory: what they lose to each other, against a measured part and by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from planner.errors import InputError
from planner.rack.description.rack import RackDevice, Service, Unit
from planner.rack.description.streams import StreamGroup
from planner.rack.load.expected import expected_load, offered_utilisation
from planner.rack.reference import engine as simpy_engine
from planner.rack.simulation import simulate


def service(network: str, time_s: float) -> Service:
    return Service(network, (time_s,), 0.5, 5.0)


@pytest.mark.parametrize(("dlas", "gpu_s", "dla_s"), [(1, 0.05105, 0.02078), (2, 0.059, 0.0218)])
def test_fifteen_per_cent_for_each_other_unit_is_what_an_orin_showed(make_rack, thermal, dlas, gpu_s, dla_s):
    """github.com/NVIDIA/TensorRT, thread 2745 (2023): 45 ms on the GPU and 17.7 ms on a DLA, each alone; with
    one DLA 51.05 and 20.78 ms, with both 59 and 21.8 ms. All always at work here; within 7 %.
    """
    cameras = StreamGroup("cameras", 40, 10.0, "net", 1.0, queue_limit=5)
    beside = (Unit("dla", (service("net", 0.0177),), dlas),)
    device = RackDevice("orin", 5.0, (service("net", 0.045),), thermal, beside=beside, contention=0.15)
    batches = simpy_engine.run_replication(make_rack(count=1, device=device, streams=(cameras,)), 0).batches
    length_s = (batches.end_s - batches.start_s)[batches.start_s > 2.0]
    assert np.mean(length_s[length_s > 0.03]) == pytest.approx(gpu_s, rel=0.07)
    assert np.mean(length_s[length_s < 0.03]) == pytest.approx(dla_s, rel=0.07)


@pytest.mark.parametrize("engine", ["compiled", "simpy"])
def test_all_at_work_lose_the_same_share_of_throughput(make_rack, thermal, engine):
    """A GPU of 100 and two DLAs of 25 requests a second, each slowed by two others at 20 %: 150 / 1.4."""
    cameras = StreamGroup("cameras", 40, 10.0, "net", 0.1, queue_limit=5)
    beside = (Unit("dla", (service("net", 0.04),), 2),)
    device = RackDevice("box", 5.0, (service("net", 0.01),), thermal, beside=beside, contention=0.2)
    rack = make_rack(count=1, streams=(cameras,), device=device)
    result = simulate(rack, engine=engine)
    assert result.throughput_per_s == pytest.approx(150 / 1.4, rel=1e-2)
    assert offered_utilisation(rack) == pytest.approx(400 / 150 * 1.4)
    assert any("20 %" in text for text in result.warnings)
    assert max(result.invariants.values()) < 1e-9


def test_a_lone_unit_and_units_that_never_meet_lose_nothing(make_rack, thermal):
    camera = StreamGroup("camera", 1, 5.0, "net", 0.1)
    beside = (Unit("dla", (service("net", 0.04),)),)
    device = RackDevice("box", 5.0, (service("net", 0.01),), thermal, beside=beside, contention=0.5)
    rack = make_rack(count=1, streams=(camera,), device=device)
    alone = replace(rack, device=replace(device, beside=()))
    still = replace(rack, device=replace(device, contention=0.0))
    assert simulate(rack).streams == simulate(still).streams
    assert simulate(alone).streams[0].latency_s.p99 == pytest.approx(0.01)


def test_the_expected_load_foresees_it(make_rack, thermal):
    """Half busy without, two units: busy = 0.5 (1 + 0.3 busy), so 0.588; the run agrees within a tenth."""
    cameras = StreamGroup("cameras", 10, 10.0, "net", 1.0, arrivals="poisson")
    beside = (Unit("dla", (service("net", 0.01),)),)
    device = RackDevice("box", 5.0, (service("net", 0.01),), thermal, beside=beside, contention=0.3)
    rack = make_rack(count=1, streams=(cameras,), device=device, duration_s=300.0)
    assert expected_load(rack).busy_share == pytest.approx(0.5 / 0.85)
    assert simulate(rack).devices.utilisation == pytest.approx(0.5 / 0.85, rel=0.1)


def test_a_gain_by_contention_is_refused(thermal):
    with pytest.raises(InputError, match="contention"):
        RackDevice("box", 5.0, (service("net", 0.01),), thermal, contention=-0.1)

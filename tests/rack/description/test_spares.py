"""Spares that replace what has failed, and carriers that take their devices with them; both engines alike."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from planner.errors import InputError
from planner.rack.description.life import CarrierFailures, Failures, Life, Outage, Spares
from planner.rack.description.rack import NetworkShare
from planner.rack.description.streams import StreamGroup
from planner.rack.policies.openness import NaiveScheduler, StableScheduler
from planner.rack.reference import engine as simpy_engine
from planner.rack.run.availability import AvailabilityTimeline
from planner.rack.simulation import run_replication, simulate

ENGINES = ("compiled", "simpy")


@pytest.fixture
def tight(make_rack):
    """Three devices that are 80 % busy: two cannot carry the load."""
    cameras = StreamGroup("cameras", 16, 15.0, "net", 0.1)
    return make_rack(count=3, streams=(cameras,), duration_s=60.0, warmup_s=0.0, replications=2)


def with_spares(rack, spares, *outages):
    return replace(rack, life=Life(outages=outages or (Outage(20.0, 20.0),), spares=spares))


@pytest.mark.parametrize("engine", ENGINES)
def test_a_hot_spare_replaces_a_device_at_once(tight, engine):
    """Without one the queues grow for 20 s; with one nothing is noticed but the batch that is lost."""
    alone = simulate(with_spares(tight, Spares(0)), engine=engine).streams[0]
    spared = simulate(with_spares(tight, Spares(1)), engine=engine)
    assert alone.latency_s.p99 > 1.0
    assert spared.streams[0].latency_s.p99 < 0.1
    assert spared.streams[0].dropped <= 2, "what is in a device when it fails, in each run"
    assert max(spared.invariants.values()) < 1e-9


def test_the_spare_serves_from_when_it_has_taken_over_until_the_device_is_back(tight):
    """Out from 20 to 40 s: idle 5 W, then 5 W + 20 W x busy; a time of 3.4 s ends at the next second."""
    for hot, before_w in ((True, 5.0), (False, 0.0)):
        rack = with_spares(tight, Spares(1, 3.4, hot=hot))
        power_w = simpy_engine.run_replication(rack, 0).epochs.power_w[:, 3]
        assert power_w[:20] == pytest.approx(before_w)
        assert power_w[20:24] == pytest.approx(5.0), "called, and not yet serving"
        assert (power_w[24:40] > 15.0).all()
        assert power_w[40] == pytest.approx(5.0, abs=1.0), "finishes what it has"
        assert power_w[41:] == pytest.approx(before_w)


def test_spares_are_called_one_after_another(tight):
    """Two devices fail and one spare does: the first free one serves, no spare serves for two."""
    outages = (Outage(10.0, 10.0, 2), Outage(14.0, 10.0, 1, first=3))
    course = AvailabilityTimeline(with_spares(tight, Spares(2), *outages), 0)
    seen = {t: course.at(float(t)).replaced_by[:3].tolist() for t in range(30)}
    assert seen[9] == [-1, -1, -1]
    assert seen[12] == [3, 4, -1]
    assert seen[15] == [-1, 4, -1], "the spare of the first one has failed, and no other is free"
    assert seen[22] == [-1, -1, -1]


def test_a_spare_is_no_device_out_of_service(tight):
    found = simulate(with_spares(tight, Spares(2))).devices
    assert found.outages == 1.0
    assert found.out_share == pytest.approx(20 / 60 / 5), "of five installed devices"
    quiet = simulate(tight).devices
    assert found.utilisation == pytest.approx(quiet.utilisation, rel=0.01), "over the three that serve"


def test_spares_of_a_rack_to_which_nothing_happens_change_no_request(tight):
    spared = replace(tight, life=Life(spares=Spares(2)))
    one, other = run_replication(tight, "compiled", 0), run_replication(spared, "compiled", 0)
    assert one.streams[0].latencies.counts.tolist() == other.streams[0].latencies.counts.tolist()


def test_a_tray_takes_its_devices_with_it(tight):
    """Trays of two slots: devices 0 and 1, 2 and the first spare, the second spare alone."""
    life = Life(carriers=CarrierFailures(2, 40.0, 10.0), spares=Spares(2))
    course = AvailabilityTimeline(replace(tight, life=life, duration_s=600.0), 0)
    failed = np.array([course.at(float(t)).failed for t in range(600)])
    assert (failed[:, 0] == failed[:, 1]).all()
    assert (failed[:, 2] == failed[:, 3]).all()
    assert (failed[:, 0] != failed[:, 2]).any()
    assert (failed[:, 2] != failed[:, 4]).any()


def test_k_out_of_n(make_rack):
    """Up 20 s, down 5 s: three of five up 0.942 of the time, by hand; hot spares follow at once.

    P = C(5,3) 0.8^3 0.2^2 + C(5,4) 0.8^4 0.2 + 0.8^5. Over 8,000 s the standard error is below 1 %.
    """
    rack = make_rack(count=3, duration_s=8000.0, life=Life(failures=Failures(20.0, 5.0), spares=Spares(2)))
    course = AvailabilityTimeline(rack, 0)
    serving = 0
    for t in range(8000):
        state = course.at(float(t))
        serving += int((~state.failed[:3]).sum() + (state.replaced_by[:3] >= 0).sum() >= 3)
    assert serving / 8000 == pytest.approx(0.94208, abs=0.03)


@pytest.mark.parametrize("policy", [NaiveScheduler(0.7), StableScheduler(0.7)], ids=["naive", "stable"])
def test_a_serving_spare_is_open_under_every_scheduler(tight, policy):
    """Two of three devices lost: the spare has to take requests, whatever number the scheduler opens."""
    rack = replace(with_spares(tight, Spares(1), Outage(10.0, 40.0, 3)), policies=(policy,))
    records = simpy_engine.run_replication(rack, 0)
    assert (records.epochs.busy_share[12:49, 3] > 0.9).all()


def test_spares_belong_to_the_parts_that_hard_shares_make(tight):
    """Each network has a spare of its own: that of the other never serves for it."""
    other = replace(tight.device.services[0], network="other")
    rack = replace(
        tight,
        count=4,
        device=replace(tight.device, services=(*tight.device.services, other)),
        streams=(tight.streams[0], replace(tight.streams[0], name="more", network="other", sources=2)),
        shares=(NetworkShare("net", 0.75), NetworkShare("other", 0.25)),
    )
    rack = with_spares(rack, Spares(1), Outage(5.0, 20.0, 1, first=3))
    course = AvailabilityTimeline(rack, 0)
    assert course.at(6.0).replaced_by.tolist() == [-1] * 5, "the one spare is of the larger part"


@pytest.mark.parametrize(
    "make",
    [
        lambda: Spares(-1),
        lambda: Spares(1, -1.0),
        lambda: Spares(1, float("nan")),
        lambda: CarrierFailures(0, 1.0, 1.0),
        lambda: CarrierFailures(2, 0.0, 1.0),
    ],
)
def test_nonsense_is_refused(make):
    with pytest.raises(InputError):
        make()


def test_an_outage_of_more_than_is_installed_is_refused(tight):
    with_spares(tight, Spares(1), Outage(1.0, 1.0, 1, first=3))
    with pytest.raises(InputError, match="among the 4 of the rack"):
        with_spares(tight, Spares(1), Outage(1.0, 1.0, 1, first=4))

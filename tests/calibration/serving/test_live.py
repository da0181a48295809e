"""The live server follows the rules of the simulated rack: the same requests, and units that sleep."""

import os
import time
from dataclasses import replace

import numpy as np
import pytest

from planner.calibration.serving.child import MeasuredRun
from planner.calibration.serving.compare import compare, kept, right
from planner.calibration.serving.live import LiveServer, refuse_unserved
from planner.calibration.serving.noise import Noise, empty_loop
from planner.calibration.serving.served import block_interval
from planner.errors import InputError
from planner.plan.serving.live_rack import server_rack
from planner.rack.counts.results import Verdict
from planner.rack.description.rack import Batching
from planner.rack.description.streams import HostStep, StreamGroup
from planner.rack.policies.clock import PowerCap

QUIET = Noise(0.0, 0.0, 0.001)


class Sleeper:
    """A loaded network that takes its time and no processor."""

    def __init__(self, seconds):
        self.seconds = seconds
        self.served = []

    def serve(self, requests):
        self.served.append(list(requests))
        time.sleep(self.seconds)


def _run(rack, seconds):
    """Serve a rack with units that sleep so long by batch size; the run, its comparison, the units."""
    servers = rack.count * rack.device.instances
    sizes = range(1, rack.batching.max_size + 1)
    numbers = range(len({group.network for group in rack.streams}))
    units = [{(n, size): Sleeper(seconds * size) for n in numbers for size in sizes} for _ in range(servers)]
    run = LiveServer(rack, 0, units, [0]).run()
    names = list(dict.fromkeys(group.network for group in rack.streams))
    loop_s = {(name, size): np.full(20, seconds * size) for name in names for size in sizes}
    return run, compare(rack, MeasuredRun(QUIET, loop_s, None, run, "1", rack)), units


def _rack(*streams, batching=None, count=1, seconds=2.0):
    return server_rack(streams, batching or Batching(), count=count, duration_s=seconds, warmup_s=0.0)


def _stream(name="requests", rate_per_s=60.0, **changes):
    return StreamGroup(name, 1, rate_per_s, "net", slo_s=0.1, arrivals="poisson", **changes)


def test_a_served_run_is_the_one_that_its_own_times_replay():
    _, found, _ = _run(_rack(_stream()), 0.008)
    measured, replayed = found.served.streams[0], found.replayed.streams[0]
    assert measured.requests == replayed.requests > 60
    for share in (0.5, 0.9):
        # Threads of a busy machine wake up late: that is all that lies between the two.
        late_s = float(found.measured.served.late_s.max()) + 0.004
        assert measured.at(share).value_s == pytest.approx(replayed.at(share).value_s, abs=late_s)
    assert found.served.utilisation == pytest.approx(found.replayed.utilisation, abs=0.03)


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="this system pins nothing")
def test_whoever_serves_may_run_where_it_could_before():
    before = os.sched_getaffinity(0)
    _run(_rack(_stream()), 0.001)
    assert os.sched_getaffinity(0) == before


def test_full_queues_lose_the_same_requests():
    stream = _stream(rate_per_s=200.0, queue_limit=3, overflow="drop_oldest")
    _, found, _ = _run(_rack(stream), 0.01)
    measured, replayed = found.served.streams[0], found.replayed.streams[0]
    assert measured.dropped > 60
    assert measured.dropped == pytest.approx(replayed.dropped, rel=0.1)
    # The oldest go: nobody waits for more than four services behind the one at work.
    assert found.served.streams[0].at(0.9).value_s < 0.01 * 5 * 3


def test_batches_fill_while_the_unit_works_and_wait_as_long_as_they_may():
    _, found, _ = _run(_rack(_stream(rate_per_s=150.0), batching=Batching(4)), 0.006)
    assert found.served.mean_batch > 1.5
    assert found.served.mean_batch == pytest.approx(found.replayed.mean_batch, rel=0.2)
    run, _, _ = _run(_rack(_stream(rate_per_s=20.0), batching=Batching(4, 0.05)), 0.001)
    # A lone request waits for company for 50 ms and not for ever.
    waits_s = run.batch_start_s[run.batch_size == 1]
    assert waits_s.size
    assert np.nanmin(run.done_s - run.arrival_s) > 0.0009
    assert np.nanmax(run.done_s - run.arrival_s) < 0.5
    assert np.nanmedian(run.done_s - run.arrival_s) > 0.02


def test_the_higher_priority_waits_less():
    streams = (_stream("urgent", 40.0, priority=1), _stream("others", 60.0))
    _, found, _ = _run(_rack(*streams), 0.008)
    urgent, others = (stream.at(0.9).value_s for stream in found.served.streams)
    assert urgent < others


def test_two_units_share_the_work():
    run, found, units = _run(_rack(_stream(rate_per_s=120.0), count=2), 0.01)
    assert set(run.batch_server.tolist()) == {0, 1}
    assert found.served.utilisation == pytest.approx(found.replayed.utilisation, abs=0.05)
    assert all(len(unit[0, 1].served) > 40 for unit in units)


def test_an_engine_that_fails_ends_the_run_with_its_failure():
    class Broken(Sleeper):
        def serve(self, _requests):
            raise ValueError("no such kernel")

    with pytest.raises(ValueError, match="no such kernel"):
        LiveServer(_rack(_stream()), 0, [{(0, 1): Broken(0.0)}], [0]).run()


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"policies": (PowerCap(10.0),)}, "simulation"),
        ({"dispatch": "least_energy"}, "simulation.dispatch"),
        ({"streams": (_stream(after=(HostStep("unit", 0.001),)),)}, "before, after"),
    ],
)
def test_what_a_server_does_not_do_is_refused(changes, where):
    with pytest.raises(InputError, match=where):
        refuse_unserved(replace(_rack(_stream()), **changes))


def test_an_empty_loop_says_what_it_lost():
    found = empty_loop(0.2)
    assert 0 <= found.lost < 1
    assert found.longest_s > 0
    assert not QUIET.noisy
    assert Noise(0.2, 0.0, 0.01).noisy


def test_blocks_of_values_that_remember_have_a_wider_interval_than_shuffled_ones():
    chance = np.random.default_rng(4)
    drift = np.repeat(chance.normal(0, 1, 40), 50)
    values = 10 + drift + chance.normal(0, 0.3, drift.size)
    low, high = block_interval(values, 0.5)
    shuffled_low, shuffled_high = block_interval(chance.permutation(values), 0.5)
    assert high - low > 2 * (shuffled_high - shuffled_low)
    assert block_interval(values[:100], 0.5) is None


def test_verdicts_and_when_undecided_is_right():
    _, found, _ = _run(_rack(_stream(rate_per_s=100.0), seconds=1.0), 0.002)
    stream = found.loop.streams[0]
    assert kept(stream, 10.0, 0.99) is Verdict.PASS
    assert kept(stream, 0.0001, 0.99) is Verdict.FAIL
    assert kept(stream, 10.0, 0.99, missed=50) is Verdict.FAIL
    assert right(Verdict.PASS, 0.08, 0.1, lost=False)
    assert not right(Verdict.PASS, 0.12, 0.1, lost=False)
    assert right(Verdict.UNDECIDED, 0.095, 0.1, lost=False)
    assert not right(Verdict.UNDECIDED, 0.05, 0.1, lost=False)
    assert right(Verdict.FAIL, 0.01, 0.1, lost=True)

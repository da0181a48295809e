"""Units that take a frame every interval while others are under way: both engines, and times by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from planner.errors import InputError
from planner.rack.compiled import engine as compiled_engine
from planner.rack.counts.invariants import worst_residuals
from planner.rack.counts.latencies import in_bins
from planner.rack.counts.tally import tally_records
from planner.rack.description.pipelines import host_with_pipeline, with_tails
from planner.rack.description.rack import Host
from planner.rack.description.streams import HostStep
from planner.rack.load.expected import offered_utilisation
from planner.rack.reference import engine as simpy_engine


def pipelined(rack, tail_s):
    """The rack whose frames are under way for so much longer than its units are taken."""
    services = tuple(replace(item, tail_s=tail_s) for item in rack.device.services)
    host = host_with_pipeline(rack.device.host, services, rack.device.units[0].count)
    device = replace(rack.device, services=services, host=host)
    return replace(rack, device=device, streams=with_tails(rack.streams, services))


@pytest.mark.parametrize("number", range(8))
def test_random_racks_with_pipelines_run_alike(number, random_rack):
    rack = pipelined(random_rack(number), 0.031)
    fast = compiled_engine.run_replication(rack, 0)
    slow = tally_records(rack, simpy_engine.run_replication(rack, 0))
    for one, other in zip(fast.streams, slow.streams, strict=True):
        assert (one.served, one.dropped, one.unfinished) == (other.served, other.dropped, other.unfinished)
        assert one.latencies.counts.tolist() == in_bins(other.latencies.values_s).counts.tolist()
    assert fast.epochs.series.tobytes() == slow.epochs.series.tobytes()
    assert max(worst_residuals([fast.accounts]).values()) < 1e-9


def test_a_frame_takes_its_latency_and_the_next_waits_an_interval(make_rack):
    """A camera alone: the interval to be taken, and 250 ms more until each frame is out, many at a time."""
    rack = make_rack(count=1)
    group = replace(rack.streams[0], sources=1)
    one = pipelined(replace(rack, streams=(group,)), 0.25)
    served = simpy_engine.run_replication(one, 0).requests
    took_s = (served.departure_s - served.arrival_s)[~np.isnan(served.departure_s)]
    interval_s = rack.device.services[0].batch_s[0]
    assert took_s == pytest.approx(np.full(took_s.size, interval_s + 0.25), abs=1e-9)


def test_the_rate_is_that_of_the_interval(make_rack):
    rack = make_rack(count=1)
    deep = pipelined(rack, 0.5)
    assert offered_utilisation(deep) == pytest.approx(offered_utilisation(rack))
    plain, piped = (compiled_engine.run_replication(item, 0) for item in (rack, deep))
    assert piped.batches == pytest.approx(plain.batches, rel=0.02)


def test_without_a_pipeline_nothing_changes(make_rack):
    rack = make_rack(count=2)
    same = pipelined(rack, 0.0)
    assert same.streams == rack.streams
    assert same.device.host == rack.device.host
    host = Host(2)
    assert host_with_pipeline(host, rack.device.services, 1) is host


def test_a_pipeline_needs_places_and_a_negative_tail_is_refused(make_rack):
    rack = make_rack(count=1)
    group = replace(rack.streams[0], after=(HostStep("pipeline", 0.01),))
    with pytest.raises(InputError, match="a host with a pipeline"):
        replace(rack, device=replace(rack.device, host=Host(1)), streams=(group,))
    with pytest.raises(InputError, match="tail_s"):
        replace(rack.device.services[0], tail_s=-0.01)

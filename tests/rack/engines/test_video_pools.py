"""Decoders and scalers as pools beside the units: both engines alike, and constant times by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from planner.errors import InputError
from planner.rack.compiled import engine as compiled_engine
from planner.rack.counts.invariants import worst_residuals
from planner.rack.counts.latencies import in_bins
from planner.rack.counts.tally import tally_records
from planner.rack.description.rack import Host
from planner.rack.description.streams import HostStep
from planner.rack.load.capacity import pool_busy
from planner.rack.reference import engine as simpy_engine

PLACES = ("decoder", "scaler", "host", "copy", "unit")


def with_pools(rack, draw: np.random.Generator):
    """The rack with units for video and steps drawn among all places."""
    host = Host(
        int(draw.integers(1, 4)), 2.0, copies=1,
        decoders=int(draw.integers(1, 3)), scalers=int(draw.integers(1, 3)),
    )  # fmt: skip

    def steps() -> tuple[HostStep, ...]:
        places = draw.choice(PLACES, size=int(draw.integers(0, 4)))
        return tuple(HostStep(str(place), float(draw.uniform(0.0005, 0.02))) for place in places)

    streams = tuple(replace(group, before=steps(), after=steps()) for group in rack.streams)
    return replace(rack, device=replace(rack.device, host=host), streams=streams)


@pytest.mark.parametrize("number", range(6))
def test_random_racks_with_video_run_alike(number, random_rack):
    rack = random_rack(number)
    if rack.dispatch == "central_queue":
        rack = replace(rack, dispatch="shortest_queue")
    rack = with_pools(rack, np.random.default_rng(number))
    fast = compiled_engine.run_replication(rack, 0)
    slow = tally_records(rack, simpy_engine.run_replication(rack, 0))
    for one, other in zip(fast.streams, slow.streams, strict=True):
        assert (one.served, one.dropped, one.unfinished) == (other.served, other.dropped, other.unfinished)
        assert one.latencies.counts.tolist() == in_bins(other.latencies.values_s).counts.tolist()
    assert fast.epochs.series.tobytes() == slow.epochs.series.tobytes()
    assert max(worst_residuals([fast.accounts]).values()) < 1e-9


def test_one_camera_takes_each_step_in_turn(make_rack):
    """D/D/1 in tandem without a queue: 4 ms decoding, 2 ms scaling, 10 ms on the unit, 1 ms on the host."""
    rack = make_rack(count=1)
    steps = (HostStep("decoder", 0.004), HostStep("scaler", 0.002))
    group = replace(rack.streams[0], sources=1, before=steps, after=(HostStep("host", 0.001),))
    device = replace(rack.device, host=Host(1, decoders=1, scalers=1))
    records = simpy_engine.run_replication(replace(rack, streams=(group,), device=device), 0)
    served = records.requests
    taken = (served.departure_s - served.arrival_s)[~np.isnan(served.departure_s)]
    assert taken == pytest.approx(np.full(taken.size, 0.017), abs=1e-9)


def test_the_decoder_binds_before_the_unit(make_rack):
    """90 frames a second of 8 ms on two decoders: 36 % of each."""
    rack = make_rack(count=1)
    group = replace(rack.streams[0], before=(HostStep("decoder", 0.008),))
    device = replace(rack.device, host=Host(2, decoders=2))
    rack = replace(rack, streams=(group,), device=device)
    assert pool_busy(rack) == pytest.approx((0.0, 0.0, 90 * 0.008 / 2))


def test_a_step_needs_its_pool(make_rack):
    rack = make_rack(count=1)
    group = replace(rack.streams[0], before=(HostStep("scaler", 0.001),))
    with pytest.raises(InputError, match="a host with a scaler"):
        replace(rack, streams=(group,), device=replace(rack.device, host=Host(1, decoders=1)))

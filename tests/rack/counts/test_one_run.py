"""Traces: there is one run, its intervals come from its parts, and more than can be served is an answer."""

from dataclasses import replace

import numpy as np
import pytest

from planner.errors import InputError
from planner.rack.compiled import engine as compiled_engine
from planner.rack.counts.one_run import BLOCKS, block_ends, is_one_run
from planner.rack.counts.tally import tally_records
from planner.rack.description.streams import StreamGroup
from planner.rack.description.variation import varying
from planner.rack.reference import engine as simpy_engine
from planner.rack.sequential import simulate_until_settled
from planner.rack.simulation import simulate
from planner.rack.studies.sensitivity import sensitivity
from planner.wording.message import key_of

SERVICE_S = 0.01


@pytest.fixture
def traced(make_rack, tmp_path):
    def make(times_s, **changes):
        file = tmp_path / "trace.csv"
        file.write_text("time_s\n" + "\n".join(f"{time_s:.6f}" for time_s in times_s))
        rate_per_s = len(times_s) / 40.0
        stream = StreamGroup("alarms", 1, rate_per_s, "net", 0.1, arrivals="trace", trace=str(file))
        given = {"count": 1, "duration_s": 40.0, "warmup_s": 0.0, "replications": 6, **changes}
        return make_rack(streams=(stream,), **given)

    return make


def _poisson(use, seed=0):
    gaps_s = np.random.default_rng(seed).exponential(SERVICE_S / use, int(60 * use / SERVICE_S))
    times_s = np.cumsum(gaps_s)
    return times_s[times_s < 40.0]


def test_replications_of_a_trace_are_one_run_with_an_interval_of_its_parts(traced):
    rack = traced(_poisson(0.6))
    result = simulate(rack)
    stream = result.streams[0]
    assert result.replications == 1
    assert stream.requests == _poisson(0.6).size
    assert stream.latency_s.p99_low < stream.latency_s.p99 < stream.latency_s.p99_high
    assert stream.latency_s.p99_high > 1.05 * stream.latency_s.p99
    assert "simulated.one_run" in [key_of(text) for text in result.warnings]
    assert simulate_until_settled(rack, most_replications=64).replications == 1


@pytest.mark.parametrize("warmup_s", [0.0, 3.0])
def test_the_parts_add_up_to_the_run_in_both_engines(traced, warmup_s):
    rack = traced(_poisson(0.9), warmup_s=warmup_s)
    fast = compiled_engine.run_replication(rack, 0)
    slow = tally_records(rack, simpy_engine.run_replication(rack, 0))
    for run in (fast, slow):
        assert len(run.blocks) == BLOCKS
        for name in ("served", "dropped", "unfinished", "overdue"):
            assert sum(getattr(block[0], name) for block in run.blocks) == getattr(run.streams[0], name), name
    parts = [[block[0].latencies.count for block in run.blocks] for run in (fast, slow)]
    assert parts[0] == parts[1]
    assert min(parts[0]) > 100


def test_what_varies_has_replications(traced, make_rack):
    rack = traced(_poisson(0.6))
    assert is_one_run(rack)
    services = tuple(replace(service, variation=varying(0.2)) for service in rack.device.services)
    scattering = replace(rack, device=replace(rack.device, services=services))
    assert not is_one_run(scattering)
    assert block_ends(scattering) == []
    assert simulate(scattering).replications == 6
    assert not is_one_run(make_rack())
    assert not is_one_run(replace(rack, dispatch="power_of_two"))


def test_a_trace_over_capacity_is_answered_with_what_waits_at_its_end(traced):
    """1.1 times what is served for 40 s: a tenth of 4,000 services is left, four seconds of work."""
    times_s = np.arange(0, 40.0, SERVICE_S / 1.1)
    result = simulate(traced(times_s))
    assert result.streams[0].unfinished == pytest.approx(0.1 * 40.0 / SERVICE_S, rel=0.02)
    assert result.streams[0].latency_s.p99 == pytest.approx(0.99 * 40.0 * (1 - 1 / 1.1), rel=0.05)
    assert "simulated.trace_over" in [key_of(text) for text in result.warnings]


def test_what_never_ends_is_refused_beside_a_trace_too(traced):
    rack = traced(_poisson(0.3))
    endless = StreamGroup("cameras", 12, 10.0, "net", 0.1)
    with pytest.raises(InputError, match="requests a second too many"):
        simulate(replace(rack, streams=(*rack.streams, endless)))


def test_above_four_fifths_of_use_p99_says_how_far_it_moves(make_rack):
    stream = StreamGroup("requests", 1, 90.0, "net", 1.0, arrivals="poisson")
    rack = make_rack(count=1, streams=(stream,), duration_s=300.0, replications=4)
    (moved,) = sensitivity(rack, simulate(rack))
    # In M/D/1 the wait goes as 1 / (1 - use): 0.9 to 0.927 lengthens it by about two fifths.
    assert moved.longer_s > 1.2 * moved.p99_s > 1.2 * 1.1 * moved.shorter_s
    calm = replace(rack, streams=(replace(stream, rate_per_s=60.0),))
    assert sensitivity(calm, simulate(calm)) == ()
    brim = replace(rack, streams=(replace(stream, rate_per_s=98.0),))
    assert sensitivity(brim, simulate(brim))[0].longer_s is None

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest

from planner.errors import InputError
from planner.rack.description.streams import StreamGroup
from planner.rack.reference.engine import run_replication
from planner.rack.run.records import Records
from planner.rack.simulation import simulate, simulate_to_precision


def record_bytes(run: Records) -> list[bytes]:
    """Every array of the records, in order."""
    parts = [run.initial_temperature_c, run.shutdown_s]
    for table in (run.requests, run.batches, run.epochs):
        parts += [getattr(table, field.name) for field in fields(table)]
    return [np.ascontiguousarray(part).tobytes() for part in parts]


def test_same_seed_same_bytes_other_seed_other_bytes(make_rack):
    rack = make_rack(streams=(StreamGroup("cameras", 10, 15.0, "net", 0.1, jitter_s=0.01),))
    assert record_bytes(run_replication(rack, 0)) == record_bytes(run_replication(rack, 0))
    assert record_bytes(run_replication(rack, 0)) != record_bytes(run_replication(rack, 1))
    assert record_bytes(run_replication(rack, 0)) != record_bytes(run_replication(replace(rack, seed=1), 0))


def test_any_number_of_processes_gives_the_same_answer_and_progress(make_rack):
    rack = make_rack(replications=3)
    seen = {1: [], 2: []}
    alone = simulate(rack, progress=lambda *step: seen[1].append(step))
    together = simulate(rack, progress=lambda *step: seen[2].append(step), processes=2)
    assert repr(alone) == repr(together)
    assert seen[1] == seen[2] == [(1, 3), (2, 3), (3, 3)]


def test_result_carries_seed_replications_and_small_residuals(make_rack):
    result = simulate(make_rack(seed=7, replications=3))
    assert (result.seed, result.replications) == (7, 3)
    assert max(result.invariants.values()) < 1e-9


def test_replications_go_on_until_the_p99_is_known(make_rack):
    rack = make_rack(streams=(StreamGroup("door", 1, 150.0, "net", 0.1, arrivals="poisson"),))
    rough = simulate_to_precision(rack, half_width=0.15)
    fine = simulate_to_precision(rack, half_width=0.05)
    assert 10 <= rough.replications < fine.replications
    for result, half_width in ((rough, 0.15), (fine, 0.05)):
        latency = result.streams[0].latency_s
        middle = (latency.p99_high + latency.p99_low) / 2
        assert (latency.p99_high - latency.p99_low) / 2 <= half_width * middle
        assert latency.p99_worst >= latency.p99_high
    short = simulate_to_precision(rack, half_width=0.001, most_replications=12)
    assert short.replications == 12
    assert any("not known to 0.1 %" in warning for warning in short.warnings)


def test_a_terminating_run_counts_all_and_looks_for_no_warm_up(make_rack):
    """From cold and with queues at first: as a shift that is what it is, as the long run it is warned of."""
    streams = (StreamGroup("cameras", 6, 2.0, "net", 0.5),)
    settings = {"initial": "cold", "duration_s": 600.0, "streams": streams, "service_s": 0.1, "warmup_s": 0.0}
    assert any("MSER" in warning for warning in simulate(make_rack(**settings)).warnings)
    shift = simulate(make_rack(horizon="terminating", **settings))
    assert not any("MSER" in warning for warning in shift.warnings)
    assert shift.streams[0].requests == pytest.approx(2 * 600 * 12, abs=12)
    with pytest.raises(InputError, match="terminating"):
        make_rack(horizon="terminating")

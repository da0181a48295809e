from __future__ import annotations

from dataclasses import fields, replace

import numpy as np

from planner.rack.records import Records
from planner.rack.simpy_engine import run_replication
from planner.rack.simulation import simulate
from planner.rack.streams import StreamGroup


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

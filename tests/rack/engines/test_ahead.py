"""Epochs run ahead of heat: the same run for any number at once, also where heat changes a setting."""

from __future__ import annotations

from dataclasses import replace

import pytest

from planner.rack.compiled import ahead
from planner.rack.compiled import engine as compiled_engine
from planner.rack.compiled.ahead import EpochsAhead, Pieces, most_ahead
from planner.rack.counts.tally import RunTally
from planner.rack.description.rack import Rack
from planner.rack.description.streams import StreamGroup

CAMERAS = StreamGroup("cameras", 5, 15.0, "net", 0.1, jitter_s=0.003)
DOOR = StreamGroup("door", 2, 11.0, "net", 0.1, arrivals="poisson")


@pytest.fixture
def went_back(monkeypatch):
    """How often a run went back to a mark."""
    times = []
    original = Pieces.go_back

    def counted(pieces: Pieces) -> None:
        times.append(True)
        original(pieces)

    monkeypatch.setattr(Pieces, "go_back", counted)
    return times


def swinging(make_rack) -> Rack:
    """Its devices cross the trip some twenty times in 180 epochs, up and down."""
    rack = make_rack(service_s=0.01, streams=(CAMERAS, DOOR), count=2)
    thermal = replace(
        rack.device.thermal,
        heat_capacity_j_per_k=4.0,
        resistance_k_per_w=2.5,
        throttle_c=60.0,
        hysteresis_k=2.0,
        throttled_clock=0.5,
    )
    return replace(rack, device=replace(rack.device, thermal=thermal), duration_s=90.0, epoch_s=0.5)


def shown(run: RunTally) -> tuple[object, ...]:
    latencies = [(s.latencies.counts.tobytes(), s.latencies.sums_s.tobytes()) for s in run.streams]
    return (run.epochs.series.tobytes(), run.epochs.accounts, latencies, run.accounts)


@pytest.mark.parametrize("most", [2, 7, 64])
def test_a_rack_that_swings_across_its_trip_is_the_same_for_any_number_at_once(
    most, make_rack, monkeypatch, went_back
):
    rack = swinging(make_rack)
    monkeypatch.setattr(ahead, "_MOST_EPOCHS", 1)
    one_by_one = compiled_engine.run_replication(rack, 0)
    sums = one_by_one.epochs.accounts
    assert 0.2 < sums.throttled_s / (sums.length_s * rack.count) < 0.8
    assert not went_back
    monkeypatch.setattr(ahead, "_MOST_EPOCHS", most)
    assert shown(compiled_engine.run_replication(rack, 0)) == shown(one_by_one)
    assert len(went_back) >= 3


def test_the_way_back_crosses_pieces_and_new_nodes(make_rack, monkeypatch, went_back):
    """Pieces of two seconds, and so few nodes to begin with that some are added while running ahead."""
    rack = swinging(make_rack)
    monkeypatch.setattr(ahead, "_MOST_EPOCHS", 1)
    monkeypatch.setattr("planner.rack.arrivals.merged._PIECE", 200)
    monkeypatch.setattr("planner.rack.arrivals.merged._PER_SOURCE", 1)
    monkeypatch.setattr("planner.rack.compiled.state.DEPTHS", 1)
    one_by_one = compiled_engine.run_replication(rack, 1)
    monkeypatch.setattr(ahead, "_MOST_EPOCHS", 64)
    assert shown(compiled_engine.run_replication(rack, 1)) == shown(one_by_one)
    assert went_back


def test_a_cool_rack_is_run_far_ahead_and_never_goes_back(make_rack, went_back):
    rack = replace(make_rack(streams=(CAMERAS, DOOR)), duration_s=300.0)
    seen = []
    compiled_engine.run_replication(rack, 0, seen.append)
    assert [row.end_s for row in seen] == list(compiled_engine.epoch_ends_s(rack))
    assert not went_back


def test_one_epoch_at_a_time_while_settings_change():
    pace = EpochsAhead(most=4)
    asked = []
    for _ in range(12):
        asked.append(pace.epochs)
        pace.seen(pace.epochs, moved=False)
    assert asked == [1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 3, 3]
    assert pace.epochs == 4
    # The second of four epochs changed a setting: from there on one by one again.
    pace.seen(2, moved=True)
    assert pace.epochs == 1


def test_many_requests_an_epoch_are_not_run_ahead(make_rack):
    """A copy of the state and pieces to take again would cost memory, and save next to nothing."""
    assert most_ahead(make_rack(streams=(CAMERAS,))) == 64
    assert most_ahead(make_rack(streams=(replace(CAMERAS, sources=80_000),))) == 1

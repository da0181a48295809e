"""A new model judged by what the run shows of it: its p99 and errors on the devices that have it first."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from planner.cli.main import OK, run
from planner.data_files import scenarios_dir
from planner.errors import InputError
from planner.rack.arrivals.random_bits import bits_below, error_key, mixed
from planner.rack.compiled import engine as compiled_engine
from planner.rack.description.life import Life
from planner.rack.description.rolling_update import RollingUpdate
from planner.rack.description.streams import StreamGroup
from planner.rack.reference import engine as simpy_engine
from planner.rack.simulation import simulate

SLOWER = RollingUpdate(10.0, 2.0, first_share=0.25, soak_s=15.0, time_ratio=1.8, roll_back_p99_s=0.03)
"""Nothing is said of how slow is too slow: 18 ms of 10 are for the run to judge."""


@pytest.fixture
def busy(make_rack):
    """Four devices that are 60 % busy."""
    cameras = StreamGroup("cameras", 16, 15.0, "net", 0.1, jitter_s=0.01)
    return make_rack(count=4, streams=(cameras,), duration_s=60.0, warmup_s=0.0, replications=3)


def updated(rack, update):
    return replace(rack, life=Life(update=update))


def last_batches_s(rack):
    batches = simpy_engine.run_replication(rack, 0).batches
    return (batches.end_s - batches.start_s)[batches.start_s > 50.0]


def test_the_measured_p99_sends_a_slow_model_back(busy):
    """The p99 on device 0 from 12 to 27 s, counted here from the records, decides; both engines alike."""
    requests = simpy_engine.run_replication(updated(busy, SLOWER), 0).requests
    ended_s = requests.departure_s
    soaking = (requests.device == 0) & (ended_s > 12.0) & (ended_s <= 27.0)
    latency_s = (ended_s - requests.arrival_s)[soaking]
    p99_s = np.quantile(latency_s, 0.99, method="inverted_cdf")
    for limit_s, back in ((p99_s * 0.99, True), (p99_s * 1.01, False)):
        tried = updated(busy, replace(SLOWER, roll_back_p99_s=float(limit_s)))
        found = [engine.run_replication(tried, 0).trial for engine in (simpy_engine, compiled_engine)]
        assert found[0] == found[1]
        assert found[0].rolled_back is back
        assert found[0].seen.answered == latency_s.size
        assert found[0].seen.late == (latency_s > limit_s).sum()
        assert last_batches_s(tried) == pytest.approx(0.01 if back else 0.018)


@pytest.mark.parametrize(("allowed", "back"), [(0.01, True), (0.2, False)])
def test_errors_seen_in_the_run_send_a_model_back(busy, allowed, back):
    """5 % of its requests come to nothing: over 1 % it goes back, with 20 % allowed it goes on losing."""
    failing = RollingUpdate(
        10.0, 0.0, first_share=0.25, soak_s=15.0, error_ratio=0.05, roll_back_errors=allowed
    )
    result = simulate(updated(busy, failing))
    assert result.update.rolled_back_share == (1.0 if back else 0.0)
    assert result.update.failed_share == pytest.approx(0.05, abs=0.01)
    assert result.update.replications == 3
    lost = result.streams[0].dropped / result.streams[0].requests
    assert lost == pytest.approx(0.05 * (0.25 * 15 + (0 if back else 35)) / 60, rel=0.15)
    assert max(result.invariants.values()) < 1e-9


def test_a_good_model_goes_on_and_its_measures_are_told(busy):
    good = replace(SLOWER, time_ratio=1.0, roll_back_p99_s=0.1, roll_back_errors=0.001)
    result = simulate(updated(busy, good))
    assert (result.update.rolled_back_share, result.update.failed_share) == (0.0, 0.0)
    assert result.update.late_share <= 0.01
    assert result.update.answered == pytest.approx(3 * 15 * 60, rel=0.05)


def test_a_stated_ratio_still_decides_beside_the_measured(busy):
    both = replace(SLOWER, roll_back_p99_s=10.0, roll_back_over=1.2)
    assert simulate(updated(busy, both)).update.rolled_back_share == 1.0


def test_a_model_that_answers_nothing_is_not_sent_on(busy):
    """No load reaches the rack: nothing is known of the new model, so the others keep the old one."""
    idle = replace(busy, streams=(replace(busy.streams[0], sources=1, rate_per_s=0.001, jitter_s=0.0),))
    result = simulate(updated(idle, SLOWER))
    assert result.update.rolled_back_share == 1.0
    assert (result.update.answered, result.update.late_share, result.update.failed_share) == (0, None, None)


def test_a_run_that_ends_before_the_soak_does_says_nothing(busy):
    assert simulate(updated(busy, replace(SLOWER, soak_s=100.0))).update is None


def test_the_draws_fail_the_share_that_they_should():
    key = error_key(7, 0)
    failed = sum(mixed(key, number) < bits_below(0.05) for number in range(20_000))
    assert failed / 20_000 == pytest.approx(0.05, abs=0.006)
    assert bits_below(0.0) == 0


def test_to_measure_takes_time():
    with pytest.raises(InputError, match="soak_s"):
        RollingUpdate(10.0, 2.0, roll_back_p99_s=0.1)


def test_the_command_tells_what_was_measured(tmp_path, capsys):
    text = (scenarios_dir() / "theory-md1.yaml").read_text()
    update = (
        "simulation:\n  events:\n    update: {at: 30 s, interruption: 4 s, first: 25 %, soak: 30 s, "
        "new_time: 160 %, new_errors: 2 %, roll_back_p99: 500 ms, roll_back_errors: 1 %}\n"
    )
    text = text.replace("simulation:\n", update).replace("count: 1\n  synthetic", "count: 4\n  synthetic")
    (tmp_path / "roll.yaml").write_text(text.replace("duration: 420 s", "duration: 100 s"))
    assert run(["simulate", str(tmp_path / "roll.yaml"), "--replications", "2", "--quiet"]) == OK
    assert "new model: back to the old one in 100 % of 2 runs" in capsys.readouterr().out
    assert run(["simulate", str(tmp_path / "roll.yaml"), "--replications", "2", "--format", "json"]) == OK
    seen = json.loads(capsys.readouterr().out)["new_model"]
    assert seen["rolled_back_share"] == 1.0
    assert seen["failed_share"] == pytest.approx(0.02, abs=0.01)

"""Ctrl-C: what is finished is told, and marked."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from planner.cli.main import INTERRUPTED, run
from planner.rack import simulation
from planner.rack.simulation import simulate


@pytest.fixture
def interrupted(monkeypatch):
    """The keyboard interrupts before this replication of each simulation."""

    def at(number: int) -> None:
        true_run = simulation.run_replication

        def running(rack, engine, replication):
            if replication == number:
                raise KeyboardInterrupt
            return true_run(rack, engine, replication)

        monkeypatch.setattr(simulation, "run_replication", running)

    return at


def test_finished_replications_are_counted_and_marked(make_rack, interrupted):
    rack = replace(make_rack(), replications=5)
    whole = simulate(replace(rack, replications=3))
    interrupted(3)
    found = simulate(rack, keep_partial=True)
    assert (found.partial, found.replications) == (True, 3)
    assert "3 of 5 replications" in found.warnings[0]
    assert replace(found, partial=False, warnings=whole.warnings) == whole


def test_nothing_finished_is_nothing_to_tell(make_rack, interrupted):
    interrupted(0)
    with pytest.raises(KeyboardInterrupt):
        simulate(make_rack(), keep_partial=True)


def test_without_being_asked_for_an_interruption_is_one(make_rack, interrupted):
    interrupted(1)
    with pytest.raises(KeyboardInterrupt):
        simulate(make_rack())


@pytest.mark.parametrize("scenario", ["theory-md1", "line-inspection"])
def test_the_command_writes_what_is_finished(scenario, interrupted, tmp_path):
    interrupted(1)
    file = tmp_path / "cut.json"
    assert run(["simulate", scenario, "-o", str(file), "--quiet"]) == INTERRUPTED
    record = json.loads(file.read_text())
    assert (record["partial"], record["replications"]) == (True, 1)
    assert record["warnings"][0].startswith("interrupted: 1 of ")


def test_an_interrupted_second_look_leaves_the_first(interrupted, monkeypatch, tmp_path):
    """The chosen rack is simulated; the ends of its latency band are not."""
    interrupted(-1)
    monkeypatch.setattr("planner.plan.sizing.runner.with_bounds", _interrupt)
    file = tmp_path / "cut.json"
    assert run(["simulate", "line-inspection", "-o", str(file), "--quiet"]) == INTERRUPTED
    record = json.loads(file.read_text())
    assert record["partial"]
    assert record["replications"] == 6
    assert "latency band" in record["warnings"][0]


def _interrupt(*_arguments: object, **_named: object) -> None:
    raise KeyboardInterrupt

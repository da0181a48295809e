"""`planner sweep`: the table, its three forms, going on, and what is refused."""

from __future__ import annotations

import pytest

from planner.data_files import scenarios_dir
from planner.plan.sweep import run
from planner.plan.sweep.worker import Reply, reply_to


@pytest.fixture
def line(tmp_path, monkeypatch):
    """A given rack, quickly simulated; points are answered in this process."""
    monkeypatch.setattr(
        run, "on_processes", lambda tasks, _: ((n, reply_to(task)) for n, task in enumerate(tasks))
    )
    text = (scenarios_dir() / "line-inspection.yaml").read_text()
    for old, new in {"duration: 240 s": "duration: 20 s", "warmup: 60 s": "warmup: 5 s"}.items():
        text = text.replace(old, new)
    path = tmp_path / "line.yaml"
    path.write_text(text + "deployment: {device: jetson-orin-nano-8, count: 4, precision: int8}\n")
    return path


def test_a_grid_as_table_json_and_csv_goes_on_where_it_stopped(call, line, tmp_path):
    asked = ["sweep", line, "--set", "deployment.count=3,4", "-o", tmp_path / "out"]
    table = call(*asked)
    assert table.status == 0
    assert "2 points in" in table.out
    data = call(*asked, "--set", "site.supply=30 degC,40 degC", "--format", "json").json
    assert [point["deployment.count"] for point in data["points"]] == [3, 3, 4, 4]
    assert data["points"][0]["site.supply_c"] == 30
    again = call(*asked, "--set", "site.supply=30 degC,40 degC", "--format", "csv")
    assert again.out.splitlines()[0].startswith("point,deployment.count,site.supply_c,verdict")
    assert "4 of them from earlier runs" in call(*asked, "--set", "site.supply=30 degC,40 degC").out


def test_where_no_point_is_feasible_the_status_says_so(call, line, tmp_path):
    told = call("sweep", line, "--set", "site.power_limit=20 W,30 W", "-o", tmp_path / "out")
    assert told.status == 3


def test_an_unknown_key_is_refused_with_the_nearest(call, line, tmp_path):
    told = call("sweep", line, "--set", "site.suply=20 degC", "-o", tmp_path / "out")
    assert told.status == 2
    assert "did you mean site.supply" in told.err


def test_workers_and_a_scheduler_are_too_much(call, line, tmp_path):
    asked = ["sweep", line, "--set", "planning.spares=1", "-o", tmp_path / "out", "--workers", "2"]
    assert call(*asked, "--scheduler", "tcp://127.0.0.1:1").status == 2


def test_a_fault_of_ours_is_told_with_its_point_and_the_rest_is_kept(call, line, tmp_path, monkeypatch):
    def half(tasks, _):
        for number, task in enumerate(tasks):
            reply = reply_to(task)
            yield number, Reply(row=None, fault="broken\n", seconds=0.0) if number else reply

    monkeypatch.setattr(run, "on_processes", half)
    asked = ["sweep", line, "--set", "deployment.count=3,4", "-o", tmp_path / "out"]
    told = call(*asked)
    assert told.status == 1
    assert "a fault of the planner itself: 1, the first of them point 1:\nbroken" in told.err
    assert "1 points in" in told.out

"""Whole sweeps: the same table from any number of workers, kills, dead workers, Dask, refusals."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pandas as pd
import psutil
import pytest
from distributed import LocalCluster

from planner.data_files import scenarios_dir
from planner.errors import InputError
from planner.plan.density.study import density_curve
from planner.plan.scenario.file import read_scenario
from planner.plan.sizing.synthetic_run import simulate_synthetic
from planner.plan.sweep import processes, run
from planner.plan.sweep.journal import NAME as JOURNAL
from planner.plan.sweep.processes import MOST_ATTEMPTS, on_processes
from planner.plan.sweep.run import SweepProgress, run_sweep
from planner.plan.sweep.settings import parse_settings
from planner.plan.sweep.table import NAME as TABLE
from planner.plan.sweep.tasks import plan_points
from planner.plan.sweep.worker import reply_to
from planner.schema.reading.yaml_file import read_document

SETTINGS = {"streams[0].rate": ["20 /s", "50 /s", "80 /s"], "site.supply": ["20 degC", "40 degC"]}


def table_of(queue: Path, folder: Path, **how) -> bytes:
    run_sweep(queue, SETTINGS, folder, **how)
    return (folder / TABLE).read_bytes()


@pytest.fixture
def here(monkeypatch):
    """Points answered in this process, where what is tested is not the workers."""
    monkeypatch.setattr(
        run, "on_processes", lambda tasks, _: ((n, reply_to(task)) for n, task in enumerate(tasks))
    )


def workers_of(process: psutil.Process) -> list[psutil.Process]:
    return [child for child in process.children() if "planner.plan.sweep.worker" in child.cmdline()]


def test_rows_are_the_simulations_in_the_order_of_the_design(queue, tmp_path, here):
    told: list[SweepProgress] = []
    sweep = run_sweep(queue, SETTINGS, tmp_path / "sweep", workers=1, progress=told.append)
    frame = sweep.to_frame()
    assert list(frame["point"]) == list(range(6))
    assert list(frame["streams[0].rate_per_s"]) == [20, 20, 50, 50, 80, 80]
    assert list(frame["site.supply_c"]) == [20, 40] * 3
    result = simulate_synthetic(read_scenario(queue)).result
    again = run_sweep(queue, {"site.supply": ["25 degC"]}, tmp_path / "as-it-is", workers=1).rows[0]
    assert again["streams.requests.p99_s"] == result.streams[0].latency_s.p99
    assert again["simulated.power_w"] == result.power_w
    assert told[-1] == SweepProgress(6, 6, 0.0)
    assert told[0].left_s is None


def test_one_and_two_workers_and_dask_write_the_same_bytes(queue, tmp_path):
    one = table_of(queue, tmp_path / "one", workers=1)
    assert one == table_of(queue, tmp_path / "two", workers=2)
    with LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None, protocol="tcp"
    ) as cluster:
        assert one == table_of(queue, tmp_path / "dask", scheduler=cluster.scheduler_address)


@pytest.mark.slow
def test_eight_workers_and_a_cluster_of_processes_write_the_same_bytes(queue, tmp_path):
    one = table_of(queue, tmp_path / "one", workers=1)
    assert one == table_of(queue, tmp_path / "eight", workers=8)
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        assert one == table_of(queue, tmp_path / "dask", scheduler=cluster.scheduler_address)


def test_a_study_and_a_density_are_points_too(tmp_path, here):
    text = (scenarios_dir() / "line-inspection.yaml").read_text()
    for old, new in {"duration: 240 s": "duration: 20 s", "warmup: 60 s": "warmup: 5 s"}.items():
        text = text.replace(old, new)
    line = tmp_path / "line.yaml"
    line.write_text(text)
    settings = {"candidates.devices": [["jetson-orin-nano-8"]], "site.power_limit": ["1200 W", "40 W"]}
    fine, hopeless = run_sweep(line, settings, tmp_path / "study", workers=1).rows
    assert (fine["verdict"], fine["device"], fine["currency"]) == ("PASS", "jetson-orin-nano-8", "USD")
    assert fine["simulated.power_w"] == pytest.approx(fine["power_w"], rel=0.05)
    assert hopeless["verdict"] == "INFEASIBLE"
    assert "the rack's limit is 40 W" in hopeless["reasons"]
    settings = {"site.power_limit": ["20 kW", "2 kW"]}
    cool, tight = run_sweep(
        scenarios_dir() / "article-density.yaml", settings, tmp_path / "rack", workers=1
    ).rows
    limit = density_curve(read_scenario(scenarios_dir() / "article-density.yaml")).limit
    assert (cool["limit_devices"], cool["limit_reason"]) == (limit.devices, limit.reason)
    assert tight["limit_devices"] < 30
    assert "the limit is 2,000 W" in tight["limit_reason"]


@pytest.mark.parametrize(
    ("workers", "more"), [("1", (2,)), pytest.param("2", (1, 0, 2), marks=pytest.mark.slow)]
)
def test_a_kill_at_any_moment_loses_and_repeats_no_finished_point(queue, tmp_path, workers, more):
    """One kill when so many more points are finished, then the next; at last the sweep runs to its end."""
    rates = ",".join(f"{rate} /s" for rate in range(40, 80, 4))
    folder, journal = tmp_path / "killed", tmp_path / "killed" / JOURNAL
    planner = str(Path(sys.executable).parent / "planner")
    command = [planner, "sweep", str(queue), "--set", f"streams[0].rate={rates}", "--workers", workers]
    command += ["-o", str(folder), "--quiet"]
    kept: list[bytes] = []
    for number in more:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        at_work = wait_for_lines(process, journal, len(kept) + number)
        process.kill()
        process.wait()
        assert psutil.wait_procs(at_work, timeout=10)[1] == []
        found = lines_of(journal)
        assert found[: len(kept)] == kept
        assert len(found) < 10
        kept = found
    assert subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode == 0
    found = lines_of(journal)
    assert found[: len(kept)] == kept
    assert len({json.loads(line)["point"] for line in found}) == len(found) == 10
    run_sweep(queue, [f"streams[0].rate={rates}"], tmp_path / "whole", workers=1)
    assert (folder / TABLE).read_bytes() == (tmp_path / "whole" / TABLE).read_bytes()
    assert len(pd.read_parquet(folder)) == 10


def wait_for_lines(process: subprocess.Popen, journal: Path, lines: int) -> list[psutil.Process]:
    """The workers at the moment when so many points are finished."""
    for _ in range(6000):
        assert process.poll() is None, "it ended before the moment that was waited for"
        if len(lines_of(journal)) >= lines:
            return workers_of(psutil.Process(process.pid))
        time.sleep(0.01)
    raise AssertionError("that moment never came")


def lines_of(journal: Path) -> list[bytes]:
    content = journal.read_bytes() if journal.exists() else b""
    return content[: content.rfind(b"\n") + 1].splitlines()


def tasks_of(queue: Path, rates: list[str]):
    document = read_document(queue)
    settings = parse_settings({"streams[0].rate": rates}, document.values, draws=False)
    points = [(rate,) for rate in rates]
    return [p.task for p in plan_points(queue.name, queue.parent, document.values, settings, points)]


def test_points_of_a_worker_that_dies_are_answered_by_another(queue):
    tasks = tasks_of(queue, [f"{rate} /s" for rate in range(40, 72, 4)])
    replies = on_processes(tasks, workers=2)
    seen = [next(replies)]
    victim = workers_of(psutil.Process())[0]
    victim.send_signal(signal.SIGKILL)
    seen += list(replies)
    assert sorted(number for number, _ in seen) == list(range(8))
    assert all(reply["row"]["verdict"] for _, reply in seen)
    assert workers_of(psutil.Process()) == []


def test_a_point_that_takes_every_worker_down_is_told_and_the_others_go_on(queue):
    killed: set[int] = set()

    def kill_workers() -> None:
        while len(killed) < MOST_ATTEMPTS:
            for child in workers_of(psutil.Process()):
                if child.pid not in killed:
                    killed.add(child.pid)
                    os.kill(child.pid, signal.SIGKILL)
            time.sleep(0.005)

    killer = threading.Thread(target=kill_workers)
    killer.start()
    ((number, reply),) = on_processes(tasks_of(queue, ["40 /s"]), workers=1)
    killer.join()
    assert (number, reply["row"]) == (0, None)
    assert f"took {MOST_ATTEMPTS} workers down; the last one was ended by signal 9" in reply["fault"]


def test_a_worker_that_cannot_be_started_leaves_its_task_to_the_others(queue, monkeypatch):
    started, asked = processes._started, []

    def once(module):
        asked.append(module)
        if len(asked) == 1:
            raise OSError(errno.EMFILE, "Too many open files")
        return started(module)

    monkeypatch.setattr(processes, "_started", once)
    replies = dict(on_processes(tasks_of(queue, ["40 /s", "44 /s"]), workers=2))
    assert [replies[number]["fault"] for number in (0, 1)] == [None, None]
    assert len(asked) == 2


def test_a_system_that_gives_no_process_is_said_and_is_no_fault_of_a_point(queue, monkeypatch):
    def never(module):
        raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")

    monkeypatch.setattr(processes, "_started", never)
    with pytest.raises(BlockingIOError):
        list(on_processes(tasks_of(queue, ["40 /s", "44 /s"]), workers=2))


def test_a_system_that_gives_no_thread_is_said(queue, monkeypatch):
    def never(thread):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", never)
    with pytest.raises(BlockingIOError, match="can't start new thread"):
        list(on_processes(tasks_of(queue, ["40 /s"]), workers=2))


def test_what_is_refused_is_refused_before_anything_runs(queue, tmp_path):
    settings = {"streams[0].rate": ["50 /s", "fast"], "site.supply": ["300 degC"], "site.fan": ["5 W", "5 K"]}
    with pytest.raises(InputError) as refused:
        run_sweep(queue, settings, tmp_path / "sweep")
    for part in ("3 problems", "got 'fast'", "less than or equal to 80", "got '5 K'"):
        assert part in str(refused.value)
    assert not (tmp_path / "sweep").exists()
    with pytest.raises(InputError, match=r"at site\.sealed="):
        run_sweep(queue, {"site.sealed": [{"loss": "3 W/K"}]}, tmp_path / "sweep")


def test_points_that_are_valid_and_impossible_are_rows_with_reasons(tmp_path, here):
    text = (scenarios_dir() / "line-inspection.yaml").read_text()
    line = tmp_path / "line.yaml"
    line.write_text(text + "deployment: {device: jetson-nano-4, count: 4, precision: fp16}\n")
    (row,) = run_sweep(line, {"deployment.mode": ["no-such-mode"]}, tmp_path / "sweep", workers=1).rows
    assert row["verdict"] == "REFUSED"
    assert "unknown power mode of jetson-nano-4" in row["reasons"]

"""Workers, schedulers and whole runs that die in the middle: nothing is lost, and the answer is the same."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from planner import api
from planner.plan.fleet.record import fleet_json, fleet_record
from planner.plan.fleet.worker import MODULE
from planner.plan.sweep import cluster
from planner.plan.sweep.cluster import SchedulerLostError
from planner.plan.sweep.journal import NAME as JOURNAL
from planner.process.children import module_environment
from tests.plan.fleet.conftest import TEMPLATE, Written, write_fleet
from tests.plan.sweep.test_cluster import SCHEDULER

QUICK = TEMPLATE.replace("jetson-orin-nano-8, ", "").replace("duration: 20 s", "duration: 6 s")
SITES = "id,aisles\n" + "".join(f"site-{number},{number}\n" for number in range(4, 16))
QUESTIONS = 12


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> bytes:
    """What one worker answers that nothing happens to."""
    found = write_fleet(tmp_path_factory.mktemp("whole") / "fleet", sites=SITES, template=QUICK)
    return fleet_json(fleet_record(api.fleet(found.fleet, found.out, workers=1)))


@pytest.fixture
def written(tmp_path) -> Written:
    return write_fleet(tmp_path / "fleet", sites=SITES, template=QUICK)


def workers_of(process: psutil.Process) -> list[psutil.Process]:
    return [child for child in process.children(recursive=True) if MODULE in child.cmdline()]


def kept(folder: Path) -> int:
    path = folder / JOURNAL
    return len(path.read_bytes().splitlines()) if path.exists() else 0


@pytest.mark.slow
def test_a_killed_worker_costs_its_site_a_second_try(written, whole):
    killed = []

    def kill(progress):
        if progress.finished in (2, 5) and len(killed) < progress.finished // 2:
            killed.append(workers_of(psutil.Process())[0])
            killed[-1].kill()

    found = api.fleet(written.fleet, written.out, workers=2, progress=kill)
    assert len(killed) == 2
    assert fleet_json(fleet_record(found)) == whole
    assert kept(written.out) == QUESTIONS


@pytest.mark.slow
def test_a_killed_scheduler_is_said_and_the_next_run_goes_on(written, whole, monkeypatch):
    monkeypatch.setattr(cluster, "_ASK_EVERY_S", 1.0)
    monkeypatch.setattr(cluster, "_SILENT_S", 8)
    scheduler = subprocess.Popen(
        [sys.executable, "-c", SCHEDULER], env=module_environment(), stdout=subprocess.PIPE, text=True
    )
    address = scheduler.stdout.readline().strip()

    def end_after_two(progress):
        if progress.finished == 2:
            os.kill(scheduler.pid, signal.SIGKILL)

    with pytest.raises(SchedulerLostError, match="were finished are kept"):
        api.fleet(written.fleet, written.out, scheduler=address, progress=end_after_two)
    scheduler.communicate()
    before = kept(written.out)
    assert 2 <= before < QUESTIONS
    found = api.fleet(written.fleet, written.out, workers=1)
    assert found.found_finished == before
    assert fleet_json(fleet_record(found)) == whole


@pytest.mark.slow
def test_a_killed_run_leaves_no_worker_and_goes_on(written, whole):
    planner = str(Path(sys.executable).parent / "planner")
    command = [planner, "fleet", str(written.fleet), "-o", str(written.out), "--workers", "2", "--quiet"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    while kept(written.out) < 2:
        assert process.poll() is None
        time.sleep(0.02)
    workers = workers_of(psutil.Process(process.pid))
    process.kill()
    process.wait()
    assert psutil.wait_procs(workers, timeout=20)[1] == []
    assert 2 <= kept(written.out) < QUESTIONS
    assert subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode == 0
    assert kept(written.out) == QUESTIONS
    assert (written.out / "fleet.json").read_bytes() == whole

"""Schedulers that are silent from the beginning, that fall silent and that die: said, and nothing is lost."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys

import pytest

from planner.errors import InputError
from planner.plan.sweep import cluster
from planner.plan.sweep.cluster import SchedulerLostError
from planner.plan.sweep.journal import NAME as JOURNAL
from planner.plan.sweep.run import run_sweep
from planner.process.children import module_environment

SCHEDULER = """
import sys, time
from distributed import LocalCluster
if __name__ == "__main__":
    with LocalCluster(n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None,
                      protocol="tcp") as cluster:
        print(cluster.scheduler_address, flush=True)
        time.sleep(120)
"""


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    """The waits of half a minute, shortened."""
    monkeypatch.setattr(cluster, "_CONNECT_S", 2)
    monkeypatch.setattr(cluster, "_ASK_EVERY_S", 1.0)
    monkeypatch.setattr(cluster, "_SILENT_S", 8)


def test_a_port_that_accepts_and_says_nothing(queue, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = "tcp://{}:{}".format(*server.getsockname())
        with pytest.raises(InputError, match="no answer within 2 s"):
            run_sweep(queue, {"site.supply": ["20 degC"]}, tmp_path / "sweep", scheduler=address)


@pytest.mark.parametrize("ended_by", [signal.SIGKILL, pytest.param(signal.SIGSTOP, marks=pytest.mark.slow)])
def test_a_scheduler_that_goes_in_the_middle(queue, tmp_path, ended_by):
    scheduler = subprocess.Popen(
        [sys.executable, "-c", SCHEDULER], env=module_environment(), stdout=subprocess.PIPE, text=True
    )
    address = scheduler.stdout.readline().strip()

    def end_after_two(progress):
        if progress.finished == 2:
            os.kill(scheduler.pid, ended_by)

    rates = [f"{rate} /s" for rate in range(40, 70)]
    with pytest.raises(SchedulerLostError, match="points that were finished are kept"):
        run_sweep(queue, {"streams[0].rate": rates}, tmp_path, scheduler=address, progress=end_after_two)
    scheduler.kill()
    scheduler.communicate()
    kept = len((tmp_path / JOURNAL).read_text().splitlines())
    assert 2 <= kept < len(rates)

"""What a site of a fleet costs in processor time, by workers, with a worker killed, and on a Dask cluster.

    python -m benchmarks.fleet_scaling --sites 24 --workers 1 2 --kill --dask

Sites are the stores of `scenarios/fleet-stores` with counts, climates and tariffs that all differ. Processor
time is that of the workers, children of this process. Neighbours lengthen wall time, and processor time less,
by shared caches and cores. What workers answered over workers times wall is how busy they were kept. The
table of each run is compared with that of the first, byte by byte.
"""

from __future__ import annotations

import argparse
import os
import resource
import signal
import tempfile
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import psutil

from planner import api
from planner.data_files import scenarios_dir
from planner.plan.fleet.result import Fleet

_FLEET = """schema: 1
id: measured
title: Sites that all differ
question: What does a site cost?
date: 2026-11-30
templates: {store: store.yaml}
sites: sites.csv
columns:
  aisles: {key: streams.aisle cameras.count}
  tills: {key: streams.till cameras.count}
currency: USD
"""


def main() -> None:
    """Run with the options of the command line and print a row a run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sites", type=int, default=24, help="distinct sites")
    parser.add_argument("--alike", type=int, default=1, help="sites that ask the same as each")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--kill", action="store_true", help="once more, with a worker killed")
    parser.add_argument("--dask", action="store_true", help="once more, on a local cluster of two processes")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        written(folder, asked.sites, asked.alike)
        api.simulate("theory-md1", replications=2)  # what is compiled once is not counted
        tables = []
        for workers in asked.workers:
            tables.append(run(folder, f"{workers} workers", partial(plan, folder, workers)))
        if asked.kill:
            tables.append(run(folder, "2, one killed", lambda out: killed(folder, out)))
        if asked.dask:
            tables.append(run(folder, "2 of Dask", lambda out: on_cluster(folder, out)))
        print("the same bytes" if len(set(tables)) == 1 else "TABLES DIFFER")


def written(folder: Path, sites: int, alike: int) -> None:
    """A fleet of distinct sites, each `alike` times."""
    template = scenarios_dir() / "fleet-stores" / "store.yaml"
    (folder / "store.yaml").write_text(template.read_text())
    (folder / "fleet.yaml").write_text(_FLEET)
    lines = ["id,aisles,tills,site.supply [degC],money.electricity [USD/kWh]"]
    for number in range(sites):
        aisles, tills = 4 + number % 21, 2 + number % 5
        cells = f"{aisles},{tills},{18 + number % 17},{0.08 + 0.0001 * number:.4f}"
        lines += [f"site-{number}-{again},{cells}" for again in range(alike)]
    (folder / "sites.csv").write_text("\n".join(lines) + "\n")


def plan(folder: Path, workers: int, out: Path) -> Fleet:
    """By processes of this machine."""
    return api.fleet(folder / "fleet.yaml", out, workers=workers)


def killed(folder: Path, out: Path) -> Fleet:
    """By two processes, of which one is killed after the third answer."""

    def kill() -> None:
        while not (out / "_finished.jsonl").exists() or (out / "_finished.jsonl").read_text().count("\n") < 3:
            time.sleep(0.2)
        own = psutil.Process().children(recursive=True)
        workers = [child for child in own if "planner.plan.fleet.worker" in " ".join(child.cmdline())]
        os.kill(workers[0].pid, signal.SIGKILL)
        print(f"  killed worker {workers[0].pid}")

    threading.Thread(target=kill, daemon=True).start()
    return plan(folder, 2, out)


def on_cluster(folder: Path, out: Path) -> Fleet:
    """By a local cluster of two processes."""
    from distributed import LocalCluster

    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        return api.fleet(folder / "fleet.yaml", out, scheduler=cluster.scheduler_address)


def run(folder: Path, name: str, fleet: Callable[[Path], Fleet]) -> bytes:
    """One run from nothing: print what it cost, hand back its table."""
    out = Path(tempfile.mkdtemp(dir=folder))
    own, children, start = time.process_time(), used_s(), time.monotonic()
    found = fleet(out)
    wall_s, spent_s, own_s = time.monotonic() - start, used_s() - children, time.process_time() - own
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    (table, *_) = api.write_fleet(found, out)
    print(
        f"{name:>14}: {found.questions} questions, {len(found.rows)} sites; workers {spent_s:.1f} s "
        f"({spent_s / found.questions:.2f} s a question), this process {own_s:.1f} s, wall "
        f"{wall_s:.0f} s of which workers answered {found.seconds:.0f} s, peak {peak:.0f} MiB here",
        flush=True,
    )
    return table.read_bytes()


def used_s() -> float:
    """Processor time of children that have ended."""
    found = resource.getrusage(resource.RUSAGE_CHILDREN)
    return found.ru_utime + found.ru_stime


if __name__ == "__main__":
    main()

"""How a sweep scales from one worker to two: 200 points of half a second, each run in a folder of its own.

Run `python benchmarks/sweep_scaling.py` on two quiet cores; `--points 40` for a quick look. Three figures:

- efficiency: the wall time of one worker over twice that of two. What else runs on the machine counts here.
- kept busy: the seconds that workers spent on points over what they had (workers x wall time): missing is
  starting them, feeding them and writing rows down. Neighbours slow points and wall alike.
- the sweep's own: kept busy with two workers over kept busy with one. It is the efficiency that is left where
  two points beside each other take as long as one after the other, on a machine with nothing else to do.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import time
from pathlib import Path

from planner.data_files import scenarios_dir
from planner.plan.sweep.journal import NAME
from planner.plan.sweep.run import run_sweep
from planner.plan.sweep.tasks import plan_points
from planner.plan.sweep.worker import reply_to
from planner.schema.reading.yaml_file import read_document

POINT_S = 0.5
TRIAL_S = 2000


def scenario(folder: Path, duration_s: int) -> Path:
    """The M/D/1 queue simulated for this long."""
    text = (scenarios_dir() / "theory-md1.yaml").read_text()
    path = folder / f"queue-{duration_s}.yaml"
    path.write_text(text.replace("duration: 420 s", f"duration: {duration_s} s"))
    return path


def point_seconds(path: Path) -> float:
    """What one point takes here, once everything is loaded; the best of a few."""
    document = read_document(path)
    (point,) = plan_points(path.name, path.parent, document.values, (), [()])
    return min(reply_to(point.task)["seconds"] for _ in range(4))


def run(path: Path, points: int, workers: int) -> tuple[float, float]:
    """Wall time, and the seconds that the workers spent on points."""
    seeds = list(range(points))
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        run_sweep(path, {"simulation.seed": seeds}, Path(folder), workers=workers)
        wall_s = time.perf_counter() - start
        lines = (Path(folder) / NAME).read_text().splitlines()
    return wall_s, sum(json.loads(line)["seconds"] for line in lines)


def main() -> None:
    """Both figures for each round, and the median efficiency."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        duration_s = round(TRIAL_S * POINT_S / point_seconds(scenario(folder, TRIAL_S)))
        path = scenario(folder, duration_s)
        print(f"{asked.points} points of {point_seconds(path):.2f} s; load average {os.getloadavg()[0]:.1f}")
        efficiencies, own = [], []
        for number in range(asked.rounds):
            walls, busy = {}, {}
            for workers in (1, 2) if number % 2 == 0 else (2, 1):
                walls[workers], spent_s = run(path, asked.points, workers)
                busy[workers] = spent_s / (workers * walls[workers])
                mean_s = spent_s / asked.points
                print(
                    f"{workers} workers: {walls[workers]:6.1f} s, a point {mean_s:.2f} s, kept busy "
                    f"{busy[workers]:.3f}"
                )
            efficiencies.append(walls[1] / (2 * walls[2]))
            own.append(busy[2] / busy[1])
            print(f"efficiency {efficiencies[-1]:.3f}, the sweep's own {own[-1]:.3f}")
    print(f"median efficiency {statistics.median(efficiencies):.3f}, own {statistics.median(own):.3f}")


if __name__ == "__main__":
    main()

"""Long runs: memory of a process that answers thousands of questions, of long simulations, and many readers.

    python -m benchmarks.long_runs estimates [--times 10000]
    python -m benchmarks.long_runs simulation [--days 360]
    python -m benchmarks.long_runs readers [--processes 50]

Prints resident memory as the run goes. A process that leaks grows with the number of answers; one that does
not stays where it was once everything is loaded.
"""

from __future__ import annotations

import argparse
import gc
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
NETWORKS = ("zoo:squeezenet_v1.1", "zoo:mobilenet_v2_1.0", "zoo:resnet18")
PARTS = ("jetson-orin-nano-8", "raspberry-pi-5", "nvidia-l4", "hailo-8")
PRECISIONS = ("int8", "fp16", None)


def resident_mb() -> float:
    """What this process has in memory now."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS:"))


def estimates(times: int) -> list[float]:
    """Resident memory (MiB) after each tenth of so many estimates, files of networks among them."""
    from planner import api
    from planner.errors import PlannerError

    found = []
    with tempfile.TemporaryDirectory() as folder:
        own = [Path(folder) / f"{number}.onnx" for number in range(7)]
        for number, path in enumerate(own):
            api.export_network(NETWORKS[number % 3].removeprefix("zoo:"), path)
        for number in range(times):
            model = own[number % 7] if number % 2 else NETWORKS[number % 3]
            with suppress(PlannerError):
                api.estimate(model, PARTS[number % 4], precision=PRECISIONS[number % 3], batch=1 + number % 5)
            if (number + 1) % max(1, times // 10) == 0:
                gc.collect()
                found.append(resident_mb())
                print(f"{number + 1:>6} estimates: {found[-1]:.0f} MiB", flush=True)
    return found


def simulation(days: float) -> list[float]:
    """Resident memory (MiB) after runs of one, and of so many, days of a small rack, a minute a step."""
    from planner.plan.rack.synthetic import synthetic_rack
    from planner.plan.scenario.file import read_scenario
    from planner.rack.simulation import run_replication

    rack = synthetic_rack(read_scenario(ROOT / "scenarios" / "theory-md1.yaml").scenario)
    slow = tuple(replace(stream, rate_per_s=0.1) for stream in rack.streams)
    found = []
    for length in (1.0, 1.0, days / 4, days):
        longer = replace(
            rack, streams=slow, duration_s=length * 86_400.0, warmup_s=3600.0, epoch_s=60.0, replications=2
        )
        run_replication(longer, "compiled", 0)
        found.append(resident_mb())
        print(f"{length:>6.1f} days: {found[-1]:.0f} MiB", flush=True)
    return found


def readers(processes: int) -> int:
    """How many of so many processes that read one calibration at once, while it is written anew, failed."""
    from benchmarks.fuzz.corpus import _calibration
    from planner.latency.calibrated.file import read_calibration, write_calibration

    script = "import sys, pathlib\nfrom planner.latency.calibrated.file import read_calibration\n"
    script += "for _ in range(20): read_calibration(pathlib.Path(sys.argv[1]))\n"
    with tempfile.TemporaryDirectory() as folder:
        _calibration(Path(folder))
        path = Path(folder) / "calibration.yaml"
        running = [
            subprocess.Popen([sys.executable, "-c", script, str(path)], cwd=ROOT, stderr=subprocess.PIPE)
            for _ in range(processes)
        ]
        found = read_calibration(path)
        number = 0
        while any(process.poll() is None for process in running):
            number += 1
            write_calibration(replace(found, fixed_s=found.fixed_s * (1.0 + number % 7)), path)
            time.sleep(0.05)
        failed = [process for process in running if process.returncode != 0]
        for process in failed[:3]:
            print(process.communicate()[1].decode().splitlines()[-1])
    print(f"{processes} processes on one calibration: {len(failed)} failed")
    return len(failed)


def main() -> int:
    """Run one of them."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("what", choices=("estimates", "simulation", "readers"))
    parser.add_argument("--times", type=int, default=10_000)
    parser.add_argument("--days", type=float, default=360.0)
    parser.add_argument("--processes", type=int, default=50)
    asked = parser.parse_args()
    if asked.what == "estimates":
        estimates(asked.times)
    elif asked.what == "simulation":
        simulation(asked.days)
    else:
        return 1 if readers(asked.processes) else 0
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Processor time of short plans and of a sizing, each in a process of its own, as a user starts them.

Run `python -m benchmarks.plan_time [RUNS]`. Prints the median of user and system time of each command; other
work on the machine counts for little there, though not for nothing. One run before those that count fills
the caches of compiled code and of bytecode.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys

_CAMERAS = ("--cameras", "100", "--fps", "15")
COMMANDS = (
    ("plan", "zoo:yolov5s", *_CAMERAS),
    ("plan", "zoo:resnet50_v1.5", *_CAMERAS),
    ("plan", "zoo:mobilenet_v2_1.0", *_CAMERAS),
    ("plan", "zoo:bert_base", *_CAMERAS),
    ("plan", "zoo:yolov8m", *_CAMERAS),
    ("plan", "zoo:yolov5s", "--cameras", "300", "--fps", "15", "--video", "h265:1080p",
     "--then", "zoo:mobilenet_v2_1.0:2.5"),
    ("plan", "zoo:llama3.1-8b", "--users", "6"),
    ("size", "line-inspection"),
)  # fmt: skip


def spent_s(command: tuple[str, ...]) -> float:
    """Processor seconds of one command; exit status 3 is an answer too."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    before = os.times()
    done = subprocess.run(
        [sys.executable, "-m", "planner", *command, "--quiet"],
        check=False, env=kept, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    after = os.times()
    if done.returncode not in (0, 3):
        raise SystemExit(f"{' '.join(command)}: status {done.returncode}")
    return after.children_user - before.children_user + after.children_system - before.children_system


def main() -> None:
    """Print the medians."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    for command in COMMANDS:
        spent_s(command)
        median_s = statistics.median(spent_s(command) for _ in range(runs))
        print(f"{median_s:5.1f} s  planner {' '.join(command)}", flush=True)


if __name__ == "__main__":
    main()

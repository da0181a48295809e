"""How long a report takes, whole: the command in a process of its own, as a user starts it.

Run `python benchmarks/report_time.py [SCENARIO] [RUNS]`. Prints medians of the wall time and of the process's
own processor time (user and system), which neighbours on the machine disturb less, and the size of the PDF.
One run before those that count fills the caches of compiled code and of bytecode, as for a user; a variable
that forbids bytecode is not handed on.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def timed(scenario: str, pdf: Path) -> tuple[float, float]:
    """Wall and processor seconds of one report."""
    before, start = os.times(), time.perf_counter()
    command = [sys.executable, "-c", "from planner.cli.main import main; main()"]
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    subprocess.run([*command, "report", scenario, "-o", str(pdf), "--quiet"], check=True, env=kept)
    after = os.times()
    spent_s = after.children_user - before.children_user + after.children_system - before.children_system
    return time.perf_counter() - start, spent_s


def main() -> None:
    """Print the medians."""
    scenario = sys.argv[1] if len(sys.argv) > 1 else "line-inspection"
    runs = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    with tempfile.TemporaryDirectory() as name:
        pdf = Path(name) / "study.pdf"
        timed(scenario, pdf)
        walls, spent = zip(*(timed(scenario, pdf) for _ in range(runs)), strict=True)
        size = pdf.stat().st_size / 1e6
    print(f"{scenario}, median of {runs}: {statistics.median(walls):.1f} s wall, ", end="")
    print(f"{statistics.median(spent):.1f} s of processor time, {size:.2f} MB")


if __name__ == "__main__":
    main()

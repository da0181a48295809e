"""docs/loop.md is executed: its files are written, its commands run, and what it shows is what they print."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "loop.md").read_text()


def times_of_the_board():
    """What trtexec exports of 60 runs with 4.9 ms of computing."""
    rows, now = [], 0.0
    for compute in 4.9 * (1 + 0.01 * np.linspace(-1, 1, 60)):
        ends = np.cumsum([now, 0.1, compute, 0.1])
        rows.append(
            {
                "startH2dMs": now, "endH2dMs": ends[1], "startComputeMs": ends[1], "endComputeMs": ends[2],
                "startD2hMs": ends[2], "endD2hMs": ends[3], "h2dMs": 0.1, "computeMs": compute, "d2hMs": 0.1,
                "latencyMs": compute + 0.2,
            }
        )  # fmt: skip
        now = ends[3] + 0.1
    return json.dumps(rows)


@pytest.mark.slow
def test_the_page_runs_from_its_plan_to_the_field(tmp_path):
    (tmp_path / "times.json").write_text(times_of_the_board())
    times = np.random.default_rng(2).lognormal(np.log(6.5), 0.2, 3000)
    lines = [f"{value:.3f}" for value in times]
    (tmp_path / "requests.csv").write_text("latency_ms\n" + "\n".join(lines) + "\n")
    shown = ""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    for language, block in re.findall(r"```(\w+)\n(.*?)```", PAGE, flags=re.DOTALL):
        if language == "yaml":
            name = block.split("\n", 1)[0].removeprefix("# ")
            (tmp_path / name).write_text(block)
        elif language == "sh":
            done = subprocess.run(
                ["/bin/sh", "-ec", block],
                cwd=tmp_path,
                env={**os.environ, "PATH": path, "PYTHONPATH": str(ROOT)},
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, (block, done.stderr)
            shown = " ".join(done.stdout.split())
        else:
            for line in filter(None, block.splitlines()):
                assert " ".join(line.split()) in shown, (line, shown)

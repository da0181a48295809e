"""Keeps a worker process running probes: starts it again where an engine crashes or hangs it."""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict
from types import TracebackType
from typing import IO, Self

from planner.calibration.probe_run import ProbeSetup

LIMIT_S = 90.0
"""A probe that takes longer is stopped and left out."""


class Supervisor:
    """Runs probes one by one in a process of its own; use it in a `with`."""

    def __init__(self, setup: ProbeSetup) -> None:
        self._setup = asdict(setup)
        self._threads = setup.threads
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def run(self, seed: int, *, most_macs: float, whole: bool) -> Mapping[str, object]:
        """The worker's answer for one seed, or the reason why there is none."""
        process = self._running()
        job = {"seed": seed, "setup": self._setup, "most_macs": most_macs, "whole": whole}
        line = _exchange(process, json.dumps(job) + "\n")
        if line is None:
            self._stop()
            return {"seed": seed, "reason": f"did not finish within {LIMIT_S:g} s"}
        if not line:
            status = process.wait()
            self._stop()
            return {"seed": seed, "reason": f"the engine's process ended with status {status}"}
        answer: dict[str, object] = json.loads(line)
        return {"seed": seed, **answer}

    def _running(self) -> subprocess.Popen[str]:
        if self._process is None:
            quiet = {
                "OMP_NUM_THREADS": str(self._threads),
                "OPENBLAS_NUM_THREADS": "1",
                "MKL_NUM_THREADS": "1",
            }
            self._process = subprocess.Popen(
                [sys.executable, "-m", "planner.calibration.probe_worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={**os.environ, **quiet},
                text=True,
            )
        return self._process

    def _stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            for pipe in (self._process.stdin, self._process.stdout):
                if pipe is not None:
                    pipe.close()
            self._process = None


def _exchange(process: subprocess.Popen[str], job: str) -> str | None:
    """The worker's answer; empty where it has ended, None where it does not answer in time."""
    stdin, stdout = process.stdin, process.stdout
    if stdin is None or stdout is None:
        return ""
    try:
        stdin.write(job)
        stdin.flush()
    except BrokenPipeError:
        return ""
    return stdout.readline() if _readable(stdout) else None


def _readable(stream: IO[str]) -> bool:
    with selectors.DefaultSelector() as selector:
        selector.register(stream, selectors.EVENT_READ)
        return bool(selector.select(LIMIT_S))

"""Keeps a worker process running probes: starts it again where an engine crashes or hangs it."""

from __future__ import annotations

import json
import selectors
import subprocess
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from planner.calibration.probe_run import ProbeSetup
from planner.process.children import module_command, module_environment
from planner.process.temporary import temporary_folder

LIMIT_S = 90.0
"""A probe that takes longer is stopped and left out."""


class Supervisor:
    """Runs probes one by one in a process of its own; use it in a `with`."""

    def __init__(self, setup: ProbeSetup) -> None:
        self._setup = asdict(setup)
        self._threads = setup.threads
        self._process: subprocess.Popen[str] | None = None
        self._folder = Path()
        self._ending = ExitStack()

    def __enter__(self) -> Self:
        # A worker that is killed leaves its files there, and this process removes them.
        self._folder = self._ending.enter_context(temporary_folder("probes", in_memory=True))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._ending:
            self._stop()

    def run(
        self, seed: int, *, most_macs: float, whole: bool, limit_s: float = LIMIT_S
    ) -> Mapping[str, object] | None:
        """The worker's answer for one seed, or the reason why there is none; None after a shorter limit."""
        process = self._running()
        job = {"seed": seed, "setup": self._setup, "most_macs": most_macs, "whole": whole}
        line = _exchange(process, json.dumps(job) + "\n", min(limit_s, LIMIT_S))
        if line is None:
            self._stop()
            if limit_s < LIMIT_S:
                return None
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
            self._process = subprocess.Popen(  # noqa: S603 - a module of ours
                module_command("planner.calibration.probe_worker"),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=module_environment(**quiet, TMPDIR=str(self._folder)),
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


def _exchange(process: subprocess.Popen[str], job: str, limit_s: float) -> str | None:
    """The worker's answer; empty where it has ended, None where it does not answer in time."""
    stdin, stdout = process.stdin, process.stdout
    if stdin is None or stdout is None:
        return ""
    try:
        stdin.write(job)
        stdin.flush()
    except BrokenPipeError:
        return ""
    return stdout.readline() if _readable(stdout, limit_s) else None


def _readable(stream: IO[str], limit_s: float) -> bool:
    with selectors.DefaultSelector() as selector:
        selector.register(stream, selectors.EVENT_READ)
        return bool(selector.select(limit_s))

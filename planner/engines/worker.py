"""The process in which an engine runs: a job on standard input, an answer on standard output, both JSON."""

from __future__ import annotations

import importlib
import json
import signal
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import TypedDict

import numpy as np

from planner.engines.session import EngineError, Session, Setup
from planner.engines.timing import collect, summarise
from planner.process.children import end_with_parent


class Job(TypedDict):
    """What is to be run: the engine's module, the network, its inputs by name and their values, and how."""

    module: str
    model: str
    inputs: list[str]
    feeds: str
    threads: int
    precision: str
    seconds: float
    profile_s: float
    """How long to profile node by node afterwards; zero for not at all."""


def work(job: Job) -> dict[str, object]:
    """Load, run once, time; a refusal of the engine is an answer with its reason."""
    with np.load(job["feeds"]) as stored:
        feeds = {name: stored[f"arr_{number}"] for number, name in enumerate(job["inputs"])}
    before = _peak_bytes()
    try:
        start = time.perf_counter()
        module = importlib.import_module(job["module"])
        imported = time.perf_counter()
        setup = Setup(Path(job["model"]), job["threads"], feeds, job["precision"])
        session: Session = module.open_session(setup)
        loaded = time.perf_counter()
        outputs = session.run()
        first = time.perf_counter()
        timing = summarise(
            collect(session.run, seconds=job["seconds"], threads=job["threads"]), job["threads"]
        )
        nodes = module.profile(setup, seconds=job["profile_s"]) if job["profile_s"] > 0 else ()
    except EngineError as error:
        return {"reason": str(error)}
    after = _peak_bytes()
    return {
        "version": session.version,
        "import_s": imported - start,
        "load_s": loaded - imported,
        "first_s": first - loaded,
        "timing": asdict(timing),
        "nodes": [asdict(node) for node in nodes],
        "peak_memory_bytes": None if before is None or after is None else after - before,
        "finite": all(bool(np.isfinite(value).all()) for value in outputs if value.dtype.kind == "f"),
    }


def _peak_bytes() -> int | None:
    """Most memory this process has held; None where the system does not say.

    `getrusage` would answer with the parent's peak, which survives the start of a new program.
    """
    try:
        for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return None


if __name__ == "__main__":
    end_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of a terminal; the parent answers it
    sys.stdout.write(json.dumps(work(json.load(sys.stdin))) + "\n")

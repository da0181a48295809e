"""The process in which llama.cpp runs: a job on standard input, an answer on standard output, both JSON.

Each time is a median of passes that were run one after the other. Beside it is the share of the processors
that this process had meanwhile: its threads spin while they wait for each other, so that a share below one
means that another program took the processor, and a time that says nothing.
"""

from __future__ import annotations

import json
import signal
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TypedDict

from planner.engines.llama.session import LlamaSession
from planner.engines.llama.timed_pass import TimedPass
from planner.engines.session import EngineError
from planner.engines.timing import Reference, steal_s
from planner.process.children import end_with_parent

_LEAST_STEPS, _LEAST_PROMPTS, _MOST_RUNS = 9, 2, 200
_MARGIN_TOKENS = 8
_WARMED_TOKENS = 32


class LlamaJob(TypedDict):
    """What to run: a file, numbers of threads, contexts of steps, lengths of prompts, seconds for each."""

    model: str
    threads: list[int]
    contexts: list[int]
    prompts: list[int]
    seconds: float


def work(job: LlamaJob) -> dict[str, object]:
    """Load, time every pass; a refusal of the engine is an answer with its reason."""
    reference = Reference()
    before = [(reference.product_s(), reference.copy_s())]
    start = time.perf_counter()
    most = max([*job["contexts"], *job["prompts"]]) + _MARGIN_TOKENS
    threads = job["threads"]
    try:
        session = LlamaSession(Path(job["model"]), context_tokens=most, threads=max(threads))
        session.prompt(1)
        loaded = time.perf_counter()
        passes = _passes(session, job)
    except (EngineError, ValueError, RuntimeError) as error:
        return {"reason": str(error)}
    before.append((reference.product_s(), reference.copy_s()))
    return {
        "load_s": loaded - start,
        "reference_s": statistics.mean(product for product, _ in before),
        "copy_s": statistics.mean(copy for _, copy in before),
        "passes": [asdict(item) for item in passes],
    }


def _passes(session: LlamaSession, job: LlamaJob) -> list[TimedPass]:
    found, fastest = [], max(job["threads"])
    for tokens in sorted(job["contexts"]):
        session.use_threads(fastest)
        session.fill(tokens)
        for threads in job["threads"]:
            session.use_threads(threads)
            found.append(_timed(session.step, ("step", tokens), threads, _LEAST_STEPS, job["seconds"]))
    for tokens in job["prompts"]:
        for threads in job["threads"]:
            session.use_threads(threads)

            def run(tokens: int = tokens) -> None:
                session.prompt(tokens)

            found.append(_timed(run, ("prompt", tokens), threads, _LEAST_PROMPTS, job["seconds"]))
    return found


def _timed(
    run: Callable[[], None], what: tuple[str, int], threads: int, least: int, seconds: float
) -> TimedPass:
    # Longer prompts find every kernel and buffer in use already.
    if what[0] == "step" or what[1] <= _WARMED_TOKENS:
        run()
    times: list[float] = []
    steal, cpu, begin = steal_s(), time.process_time(), time.perf_counter()
    end = begin
    while len(times) < least or (end - begin < seconds and len(times) < _MOST_RUNS):
        start = end
        run()
        end = time.perf_counter()
        times.append(end - start)
    whole = end - begin
    times.sort()
    return TimedPass(
        threads,
        what[0],
        what[1],
        seconds=statistics.median(times),
        low_s=times[len(times) // 10],
        high_s=times[-1 - len(times) // 10],
        runs=len(times),
        cpu_share=(time.process_time() - cpu) / whole / threads,
        steal_share=(steal_s() - steal) / whole / threads,
    )


if __name__ == "__main__":
    end_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of a terminal; the parent answers it
    sys.stdout.write("\n" + json.dumps(work(json.load(sys.stdin))) + "\n")

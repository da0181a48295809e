"""A served run in a process of its own, which an engine may crash: noise, benchmark loops, the server."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from threading import Thread

import numpy as np

from planner.arrays import Floats
from planner.calibration.serving.live import LiveServer, refuse_unserved, units_of
from planner.calibration.serving.loaded import LoadedBatch, NetworkFile, ServingEngine, benchmark_loop, loaded
from planner.calibration.serving.noise import Noise, empty_loop
from planner.calibration.serving.served import ServedRun
from planner.engines.session import EngineError
from planner.forks import usable_cores
from planner.process.children import end_with_parent
from planner.rack.description.rack import Rack

_STARTS_S = 300.0
"""For imports and for loading all networks; engines that optimise long take most of it."""


Server = Callable[[Sequence[Mapping[tuple[str, int], LoadedBatch]], Sequence[int]], ServedRun]
"""Serves with what each unit has loaded, by network and batch, on these cores."""


@dataclass(frozen=True, slots=True)
class ServingJob:
    """What is to be served, and how long is measured before: the empty loop, and each benchmark loop."""

    rack: Rack
    replication: int
    files: tuple[NetworkFile, ...]
    engine: ServingEngine
    noise_s: float = 2.0
    loop_s: float = 1.5
    use: float | None = None
    """Where given, rates are scaled so that by the benchmark loops the units are busy for this share."""
    server: Server | None = None
    """What serves in place of `LiveServer`; it goes to another process and has to be pickled."""


@dataclass(frozen=True, slots=True, eq=False)
class MeasuredRun:
    """What was seen: noise of the first unit's core, times of benchmark loops by network and batch, the run.

    `rack` is what was served; `beside_s` are the loop's times of the first network while the second core runs
    the same, None with one.
    """

    noise: Noise
    loop_s: dict[tuple[str, int], Floats]
    beside_s: Floats | None
    served: ServedRun
    engine_version: str
    rack: Rack


def measure_served(job: ServingJob) -> MeasuredRun:
    """Do the job in a process of its own; raises `EngineError` for what an engine refuses, or its crash.

    Raises `InputError` for a rack that a server of this machine does not do.
    """
    refuse_unserved(job.rack)
    here, there = multiprocessing.Pipe(duplex=False)
    # Not a fork: threads and libraries of this process would be in the way of the engine's own.
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=_work, args=(job, there, os.getpid()), daemon=True)
    process.start()
    there.close()
    limit_s = _STARTS_S + job.noise_s + 2 * job.loop_s * (len(job.files) + 1) + 2 * job.rack.duration_s
    answer: object = None
    try:
        if here.poll(limit_s):
            with suppress(EOFError):
                answer = here.recv()
    finally:
        process.kill()
        process.join()
    if isinstance(answer, MeasuredRun):
        return answer
    if isinstance(answer, str):
        raise EngineError(answer)
    raise EngineError(f"the server's process ended with status {process.exitcode} and no answer")


def cores_of(servers: int) -> list[int]:
    """Cores for so many units, the last ones first; the first core is left to arrivals where it can be."""
    known = (
        sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else list(range(usable_cores()))
    )
    return known[::-1] if servers <= len(known) else known[::-1] * (servers // len(known) + 1)


def _work(job: ServingJob, results: Connection, parent: int) -> None:
    end_with_parent(parent)
    try:
        results.send(_measured(job))
    except Exception as failure:  # noqa: BLE001 - the engine raises types of its own; this process only says so
        results.send(f"{type(failure).__name__}: {failure}")


def _measured(job: ServingJob) -> MeasuredRun:
    servers = job.rack.count * job.rack.device.instances
    cores = cores_of(servers)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {cores[0]})
    noise = empty_loop(job.noise_s)
    first = loaded(job.files, job.engine)
    loop_s = {key: benchmark_loop(batch, job.loop_s) for key, batch in first.items()}
    workers = [first, *(loaded(job.files, job.engine) for _ in range(servers - 1))]
    beside_s = None
    if servers > 1 and len(set(cores[:2])) > 1:
        beside_s = _beside(first, workers[1], cores, job.loop_s)
    rack = job.rack if job.use is None else at_use(job.rack, job.use, loop_s)
    if job.server is not None:
        served = job.server(workers, cores)
    else:
        served = LiveServer(rack, job.replication, units_of(rack, workers), cores).run()
    version = next(iter(first.values())).version
    return MeasuredRun(noise, loop_s, beside_s, served, version, rack)


def at_use(rack: Rack, use: float, loop_s: Mapping[tuple[str, int], Floats]) -> Rack:
    """The rack with all rates scaled to a use of its units, by benchmark loops of single requests."""
    busy = sum(group.offered_per_s * float(loop_s[group.network, 1].mean()) for group in rack.streams)
    more = use * rack.count * rack.device.instances / busy
    return replace(
        rack, streams=tuple(replace(group, rate_per_s=more * group.rate_per_s) for group in rack.streams)
    )


def _beside(
    one: dict[tuple[str, int], LoadedBatch],
    other: dict[tuple[str, int], LoadedBatch],
    cores: list[int],
    seconds: float,
) -> Floats:
    """Times of the first network on one core while another core runs the same."""
    key = next(iter(one))
    found: list[Floats] = [np.empty(0), np.empty(0)]

    def loop(place: int, batch: LoadedBatch) -> None:
        if hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(0, {cores[place]})
        found[place] = benchmark_loop(batch, seconds)

    threads = [Thread(target=loop, args=(place, worker[key])) for place, worker in enumerate((one, other))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found[0]

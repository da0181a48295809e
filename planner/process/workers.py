"""Processes that work for those who ask, a few at a time, each with a limit of time and memory.

A question is a task, plain JSON, for a module that runs `planner.process.tasks.serve`.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from planner.process.children import module_command, module_environment

Task = Mapping[str, object]
_LONGEST_LINE = 2**28
_MOST_TASKS = 40
"""After so many a process is replaced by a fresh one: caches grow."""


@dataclass(frozen=True, slots=True)
class TaskOutcome:
    """What came of a task: a record, a sentence for who asked, or the trace of a fault of ours."""

    result: dict[str, Any] | None = None
    refused: str | None = None
    fault: str | None = None
    late: bool = False
    """Ended as it took too long."""
    full: bool = False
    """Refused for want of memory: the process keeps what it had read, and is better replaced."""


class Workers:
    """At most so many processes; they are started when the first task needs them, and wait for the next."""

    def __init__(self, module: str, most: int, memory_bytes: int, seconds: float) -> None:
        self._module = module
        self._free = asyncio.Semaphore(most)
        self._memory_bytes = memory_bytes
        self._seconds = seconds
        self._idle: list[_WorkerProcess] = []
        self._all: set[_WorkerProcess] = set()

    async def run(self, task: Task, begun: Callable[[], None], tell: Callable[[str], None]) -> TaskOutcome:
        """Work out a task; a task that is cancelled, or takes too long, loses its process."""
        async with self._free:
            begun()
            worker = self._idle.pop() if self._idle else await self._start()
            try:
                async with asyncio.timeout(self._seconds):
                    outcome = await worker.ask(task, tell)
            except TimeoutError:
                await self._end(worker)
                return TaskOutcome(late=True)
            except BaseException:
                await self._end(worker)
                raise
            if outcome.fault is not None or outcome.full or worker.tasks >= _MOST_TASKS:
                await self._end(worker)
            else:
                self._idle.append(worker)
            return outcome

    async def warm(self) -> None:
        """Have one process ready, so that the first visitor does not wait for it."""
        if not self._idle:
            self._idle.append(await self._start())

    def numbers(self) -> tuple[int, ...]:
        """The processes that live."""
        return tuple(worker.number for worker in self._all)

    async def close(self) -> None:
        """End all processes, whatever they do."""
        await asyncio.gather(*(self._end(worker) for worker in list(self._all)))

    async def _start(self) -> _WorkerProcess:
        process = await asyncio.create_subprocess_exec(
            *module_command(self._module, str(self._memory_bytes)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            limit=_LONGEST_LINE,
            env=module_environment(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1"),
            start_new_session=True,
        )
        worker = _WorkerProcess(process)
        self._all.add(worker)
        return worker

    async def _end(self, worker: _WorkerProcess) -> None:
        self._all.discard(worker)
        await worker.kill()


class _WorkerProcess:
    """One process."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.number = process.pid
        self.tasks = 0

    async def ask(self, task: Task, tell: Callable[[str], None]) -> TaskOutcome:
        """The outcome of a task; a process that ends in the middle is a fault."""
        self.tasks += 1
        reader, writer = self._process.stdout, self._process.stdin
        if reader is None or writer is None:
            return TaskOutcome(fault="the process has no pipes")
        try:
            writer.write((json.dumps(task) + "\n").encode())
            await writer.drain()
            while line := await reader.readline():
                reply = json.loads(line)
                if "progress" in reply:
                    tell(str(reply["progress"]))
                else:
                    return TaskOutcome(**reply)
        except (ConnectionError, ValueError) as error:
            return TaskOutcome(fault=repr(error))
        return TaskOutcome(fault=f"the process ended with {await self._process.wait()}")

    async def kill(self) -> None:
        """End the process and what it started."""
        with contextlib.suppress(ProcessLookupError):
            if hasattr(os, "killpg"):
                os.killpg(self._process.pid, 9)
            else:
                self._process.kill()
        await self._process.wait()

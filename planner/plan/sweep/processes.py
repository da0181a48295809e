"""Points answered by worker processes of this machine.

Each worker is a program of its own that reads tasks from a pipe. The pools of Python's standard library give
up on every point when one worker dies, start workers that import the calling script anew, and leave them
behind when the calling process is killed; hence these few lines.
"""

from __future__ import annotations

import errno
import json
import queue
import subprocess
import threading
from collections.abc import Generator, Sequence
from dataclasses import dataclass

from planner.plan.sweep.point import PointTask
from planner.plan.sweep.worker import Reply
from planner.process.children import module_command, module_environment

MOST_ATTEMPTS = 3
"""How often a point may take its worker down before it is given up."""

_KILL_AGAIN_S = 0.1
"""A worker may have been starting when it was asked to end."""

_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")


@dataclass(slots=True)
class _Attempt:
    number: int
    made: int = 0


class _PointWorker:
    """One process, started when the first task comes and again after it died."""

    def __init__(self, module: str) -> None:
        self._module = module
        self._process: subprocess.Popen[str] | None = None

    def reply_to(self, task: PointTask) -> Reply | str:
        """The reply, or how the process ended instead; the next task then has a new one.

        Raises `OSError` where none can be started: the system gives no more processes or files.
        """
        if self._process is None:
            self._process = _started(self._module)
        line = _exchanged(self._process, json.dumps(task))
        if line.endswith("\n"):
            reply: Reply = json.loads(line)
            return reply
        status = self.end()
        return f"was ended by signal {-status}" if status < 0 else f"ended with status {status}"

    def kill(self) -> None:
        """Stop the process at whatever it does; who waits for its reply learns that it ended."""
        process = self._process
        if process is not None:
            process.kill()

    def end(self) -> int:
        """Close the pipes, on which an idle process ends too; its exit status."""
        process, self._process = self._process, None
        if process is None:
            return 0
        with process:
            process.communicate()
        return process.returncode


def _exchanged(process: subprocess.Popen[str], line: str) -> str:
    """A line sent and the line that came back; cut short or empty where the process has ended."""
    if process.stdin is None or process.stdout is None:
        return ""
    try:
        process.stdin.write(line + "\n")
        process.stdin.flush()
        return process.stdout.readline()
    except OSError:
        return ""


POINTS = "planner.plan.sweep.worker"
"""The program that answers points of a sweep."""


def on_processes(
    tasks: Sequence[PointTask], workers: int, module: str = POINTS
) -> Generator[tuple[int, Reply]]:
    """The number of each task and its reply, as they come; stopping early ends the workers.

    `module` is the program of a worker, which calls `planner.plan.sweep.worker.serve`. A task is taken from
    the sequence when a worker is free for it, so that a sequence may make each on demand. One whose worker
    died goes to the next one that is free, `MOST_ATTEMPTS` times in all. A worker that cannot be started
    leaves its task to the others.

    Raises `OSError` where no worker can be started, for want of processes, threads or files: what was yielded
    before is answered.
    """
    waiting: queue.SimpleQueue[_Attempt | None] = queue.SimpleQueue()
    replies: queue.SimpleQueue[tuple[int, Reply] | OSError] = queue.SimpleQueue()
    stopping = threading.Event()
    for number in range(len(tasks)):
        waiting.put(_Attempt(number))
    pool = [_PointWorker(module) for _ in range(min(workers, len(tasks)))]
    threads = [
        threading.Thread(target=_serve, args=(worker, tasks, waiting, replies, stopping), daemon=True)
        for worker in pool
    ]
    for thread in threads:
        try:
            thread.start()
        except RuntimeError as error:  # the system gives no more threads
            replies.put(BlockingIOError(errno.EAGAIN, str(error)))
    try:
        yield from _as_they_come(replies, len(tasks), len(pool))
    finally:
        stopping.set()
        for _ in pool:
            waiting.put(None)
        for worker, thread in zip(pool, threads, strict=True):
            while thread.is_alive():
                worker.kill()
                thread.join(_KILL_AGAIN_S)


def _as_they_come(
    replies: queue.SimpleQueue[tuple[int, Reply] | OSError], tasks: int, workers: int
) -> Generator[tuple[int, Reply]]:
    while tasks:
        reply = replies.get()
        if not isinstance(reply, OSError):
            tasks -= 1
            yield reply
            continue
        workers -= 1
        if not workers:
            raise reply


def _serve(
    worker: _PointWorker,
    tasks: Sequence[PointTask],
    waiting: queue.SimpleQueue[_Attempt | None],
    replies: queue.SimpleQueue[tuple[int, Reply] | OSError],
    stopping: threading.Event,
) -> None:
    while (attempt := waiting.get()) is not None and not stopping.is_set():
        try:
            reply = worker.reply_to(tasks[attempt.number])
        except OSError as error:
            waiting.put(attempt)
            replies.put(error)
            return
        if not isinstance(reply, str):
            replies.put((attempt.number, reply))
            continue
        attempt.made += 1
        if attempt.made < MOST_ATTEMPTS:
            waiting.put(attempt)
        else:
            fault = f"the point took {MOST_ATTEMPTS} workers down; the last one {reply}"
            replies.put((attempt.number, Reply(row=None, fault=fault, seconds=0.0)))
    worker.end()


def _started(module: str) -> subprocess.Popen[str]:
    """A worker with one thread for its arithmetic: the workers share the machine."""
    return subprocess.Popen(  # noqa: S603 - a module of ours
        module_command(module),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env=module_environment(**dict.fromkeys(_THREADS, "1")),
    )

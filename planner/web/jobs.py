"""Work in progress: who asked for what, how far it is, what came of it."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from planner.process.workers import Workers
from planner.web.settings import Settings
from planner.web.work import Task
from planner.wording.message import Wording

State = Literal["waiting", "working", "done", "failed", "stopped"]
_MOST_KEPT = 60
_MOST_OPEN = 12
ABANDONED_S = 45.0
"""A job that nobody asks after for so long is stopped: the browser was closed."""


class TooManyError(Exception):
    """More work at once than this machine is let to take on."""


@dataclass(slots=True)
class VisitorJob:
    """One task of a visitor; times are of the clock that never goes back."""

    id: str
    call: str
    settings: Settings
    folder: Path
    state: State = "waiting"
    progress: str = ""
    result: dict[str, Any] | None = None
    error: str = ""
    seen_s: float = field(default_factory=time.monotonic)
    running: asyncio.Task[None] | None = None

    @property
    def open(self) -> bool:
        """Whether it still waits or works."""
        return self.state in ("waiting", "working")


class Jobs:
    """All jobs of one server."""

    def __init__(self, folder: Path, quick: Workers, long: Workers, fault: Callable[[str], None]) -> None:
        self._folder = folder
        self._workers = {"network": quick, "picture": quick, "plan": long, "report": long}
        self._fault = fault
        self._jobs: dict[str, VisitorJob] = {}

    def new(self, call: str, settings: Settings) -> VisitorJob:
        """A job with a folder of its own, not begun. Raises `TooManyError` where too many are open."""
        if sum(job.open for job in self._jobs.values()) >= _MOST_OPEN:
            raise TooManyError
        made = secrets.token_urlsafe(16)
        folder = self._folder / made
        folder.mkdir(parents=True)
        job = VisitorJob(made, call, settings, folder)
        self._jobs[made] = job
        self._forget_old()
        return job

    def begin(self, job: VisitorJob, task: Task) -> None:
        """Put the job to work."""
        job.running = asyncio.create_task(self._work(job, task))

    def get(self, job_id: str) -> VisitorJob | None:
        """A job that is still known; asking after it keeps it alive."""
        job = self._jobs.get(job_id)
        if job is not None:
            job.seen_s = time.monotonic()
        return job

    def stop(self, job: VisitorJob) -> None:
        """End the work of a job; one that is done stays done."""
        if job.open:
            job.state = "stopped"
            if job.running is not None:
                job.running.cancel()

    async def watch(self) -> None:
        """Stop jobs that nobody asks after any more, for as long as the server runs."""
        while True:
            await asyncio.sleep(ABANDONED_S / 10)
            for job in self._jobs.values():
                if job.open and time.monotonic() - job.seen_s > ABANDONED_S:
                    self.stop(job)

    async def close(self) -> None:
        """Stop everything."""
        running = [job.running for job in self._jobs.values() if job.running is not None]
        for job in self._jobs.values():
            self.stop(job)
        await asyncio.gather(*running, return_exceptions=True)

    async def _work(self, job: VisitorJob, task: Task) -> None:
        say = Wording(job.settings.language)

        def begun() -> None:
            job.state = "working"

        def tell(text: str) -> None:
            job.progress = text

        with contextlib.suppress(asyncio.CancelledError):
            outcome = await self._workers[job.call].run(task, begun, tell)
            if outcome.result is not None:
                job.result, job.state = outcome.result, "done"
                return
            job.state = "failed"
            if outcome.late:
                job.error = say("web.too_long")
            elif outcome.refused is not None:
                job.error = outcome.refused
            else:
                job.error = say("web.fault")
                self._fault(outcome.fault or "")
            return
        job.state = "stopped"

    def _forget_old(self) -> None:
        finished = [job for job in self._jobs.values() if not job.open]
        for job in finished[: max(0, len(self._jobs) - _MOST_KEPT)]:
            del self._jobs[job.id]
            shutil.rmtree(job.folder, ignore_errors=True)

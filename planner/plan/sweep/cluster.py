"""Points answered by the workers of a Dask scheduler, on this machine or on many."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import queue
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from planner.distribution import VERSION, install_command
from planner.errors import InputError, MissingDataError, PlannerError, Problem
from planner.plan.sweep.point import PointTask
from planner.plan.sweep.worker import Reply, reply_to

if TYPE_CHECKING:
    from distributed import Client

_CONNECT_S = 10
_ASK_EVERY_S = 5.0
"""While no point ends."""
_SILENT_S = 20
"""A scheduler that answers nothing for so long is lost: said within 25 s. One that shares its process with a
worker may be silent for some seconds while that loads."""
_CLOSE_S = 2
_AHEAD = 4
"""Tasks that wait at the scheduler for each thread of its workers, so that none is ever idle."""


class SchedulerLostError(PlannerError):
    """A scheduler that answered and then does not: what is finished is kept."""

    def __init__(self, address: str) -> None:
        super().__init__(
            f"--scheduler: expected an answer of {address} within {_SILENT_S} s, got none; the points that "
            "were finished are kept: start it again and run the same command, or leave --scheduler out"
        )


def on_scheduler(
    tasks: Sequence[PointTask], address: str, reply: Callable[[PointTask], Reply] = reply_to
) -> Generator[tuple[int, Reply]]:
    """The number of each task and its `reply`, as they come; stopping early cancels the rest.

    A task whose worker is lost goes to another one; Dask gives it up after `allowed-failures` of its own
    settings (three). Raises `InputError` where no scheduler answers, or its workers have another planner, and
    `SchedulerLostError` where it falls silent later.
    """
    try:
        from distributed import Client
    except ImportError:
        raise MissingDataError(
            "--scheduler needs dask.distributed, which is not installed; run: " + install_command("sweep")
        ) from None
    _require_scheduler(address)
    with _client(Client, address) as client:
        _require_same_planner(client, address)
        done: queue.SimpleQueue[Any] = queue.SimpleQueue()
        numbers: dict[str, int] = {}
        upcoming = iter(enumerate(tasks))
        kept: dict[str, Any] = {}

        def send() -> None:
            for number, task in upcoming:
                future = client.submit(reply, task, key=f"{task['point']}-{number}", pure=False)
                numbers[future.key], kept[future.key] = number, future
                future.add_done_callback(done.put)
                return

        for _ in range(max(1, sum(client.nthreads().values())) * _AHEAD):
            send()
        while kept:
            future = _next(done, client, address)
            del kept[future.key]
            yield numbers[future.key], _reply_of(future, address)
            send()


@contextlib.contextmanager
def _client(make: type[Client], address: str) -> Iterator[Client]:
    """A client, closed at the end without waiting for a scheduler that is no more."""
    log = logging.getLogger("distributed.client")
    level = log.level
    log.setLevel(logging.CRITICAL)  # a lost scheduler would be logged with tracebacks beside our sentence
    try:
        client = make(address, timeout=_CONNECT_S, set_as_default=False)
    except (OSError, TimeoutError) as error:
        raise _no_scheduler(address, error) from None
    try:
        yield client
    finally:
        client.close(timeout=_CLOSE_S)
        log.setLevel(level)


def _next(done: queue.SimpleQueue[Any], client: Client, address: str) -> Any:  # noqa: ANN401
    """The next task that ended; while none does, the scheduler is asked whether it is there."""
    while True:
        try:
            return done.get(timeout=_ASK_EVERY_S)
        except queue.Empty:
            _require_answer(client, address)


def _require_answer(client: Client, address: str) -> None:
    if client.status == "running":
        with suppress(OSError, TimeoutError):
            client.sync(_identity, client, callback_timeout=_SILENT_S)
            return
    raise SchedulerLostError(address)


async def _identity(client: Client) -> None:
    await client.scheduler.identity()


def _require_scheduler(address: str) -> None:
    """A connection opened and closed; Dask's client, refused, would wait much longer and complain."""
    from distributed.core import connect

    async def touch() -> None:
        connection = await asyncio.wait_for(connect(address, timeout=_CONNECT_S), _CONNECT_S)
        await connection.close()

    try:
        with ThreadPoolExecutor(1) as aside:  # a notebook has an event loop of its own in this thread
            aside.submit(asyncio.run, touch()).result()
    except (OSError, ValueError, TypeError, TimeoutError) as error:
        raise _no_scheduler(address, error) from None


def _no_scheduler(address: str, error: Exception) -> InputError:
    advice = "start one with `dask scheduler`, and give the address that it prints"
    why = str(error) or f"no answer within {_CONNECT_S} s"
    problem = Problem(
        "address", "a Dask scheduler such as tcp://10.0.0.5:8786", f"{address!r} ({why})", advice
    )
    return InputError("--scheduler", [problem])


def _require_same_planner(client: Client, address: str) -> None:
    """Every worker has to be there and to have the planner that asks."""

    def version() -> str:  # nested, and so sent by value: a worker may have no planner to import it from
        try:
            from planner import distribution
        except ImportError:  # none, or the other project of that name
            return "none"
        return distribution.VERSION

    found: dict[str, str] = client.run(version)
    wrong = {worker: version for worker, version in found.items() if version != VERSION}
    if not found:
        problem = Problem(address, "a scheduler with workers", "none", "start one with `dask worker ADDRESS`")
        raise InputError("--scheduler", [problem])
    if wrong:
        advice = "install the same version on every worker"
        problems = [
            Problem(worker, f"planner {VERSION}", version, advice) for worker, version in wrong.items()
        ]
        raise InputError("--scheduler", problems)


def _reply_of(future: Any, address: str) -> Reply:  # noqa: ANN401
    if future.status in ("cancelled", "lost"):
        raise SchedulerLostError(address)
    error = future.exception()
    if error is None:
        reply: Reply = future.result()
        return reply
    return Reply(row=None, fault=f"{type(error).__name__}: {error}", seconds=0.0)

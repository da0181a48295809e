"""Points answered by the workers of a Dask scheduler, on this machine or on many."""

from __future__ import annotations

import asyncio
from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from planner.distribution import VERSION, install_command
from planner.errors import InputError, MissingDataError, Problem
from planner.plan.sweep.point import Task
from planner.plan.sweep.worker import Reply, reply_to

if TYPE_CHECKING:
    from distributed import Client

_CONNECT_S = 10
_AHEAD = 4
"""Tasks that wait at the scheduler for each thread of its workers, so that none is ever idle."""


def on_scheduler(tasks: Sequence[Task], address: str) -> Generator[tuple[int, Reply]]:
    """The number of each task and its reply, as they come; stopping early cancels the rest.

    A task whose worker is lost goes to another one; Dask gives it up after `allowed-failures` of its own
    settings (three). Raises `InputError` where no scheduler answers, or its workers have another planner.
    """
    try:
        from distributed import Client, as_completed
    except ImportError:
        raise MissingDataError(
            "--scheduler needs dask.distributed, which is not installed; run: " + install_command("sweep")
        ) from None
    _require_scheduler(address)
    with Client(address, timeout=_CONNECT_S, set_as_default=False) as client:
        _require_same_planner(client, address)
        numbers = {}
        upcoming = iter(enumerate(tasks))

        def send() -> Any | None:  # noqa: ANN401 - a future of Dask's, which has no types
            for number, task in upcoming:
                future = client.submit(reply_to, task, key=f"{task['point']}-{number}", pure=False)
                numbers[future.key] = number
                return future
            return None

        width = max(1, sum(client.nthreads().values())) * _AHEAD
        first = [future for _ in range(width) if (future := send()) is not None]
        under_way = as_completed(first, loop=client.loop)
        for future in under_way:
            yield numbers[future.key], _reply_of(future)
            if (further := send()) is not None:
                under_way.add(further)


def _require_scheduler(address: str) -> None:
    """A connection opened and closed; Dask's client, refused, would wait much longer and complain."""
    from distributed.core import connect

    async def touch() -> None:
        connection = await connect(address, timeout=_CONNECT_S)
        await connection.close()

    try:
        with ThreadPoolExecutor(1) as aside:  # a notebook has an event loop of its own in this thread
            aside.submit(asyncio.run, touch()).result()
    except (OSError, ValueError, TypeError) as error:
        advice = "start one with `dask scheduler`, and give the address that it prints"
        problem = Problem(
            "address", "a Dask scheduler such as tcp://10.0.0.5:8786", f"{address!r} ({error})", advice
        )
        raise InputError("--scheduler", [problem]) from None


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


def _reply_of(future: Any) -> Reply:  # noqa: ANN401
    error = future.exception()
    if error is None:
        reply: Reply = future.result()
        return reply
    return Reply(row=None, fault=f"{type(error).__name__}: {error}", seconds=0.0)

"""The process that works for visitors of the page; see `planner.process.tasks`."""

from __future__ import annotations

import os
import sys
from typing import Any, cast

from planner.errors import refusal_of
from planner.process.tasks import Answer, serve
from planner.wording.message import Wording


def main() -> None:
    """Serve until the input ends."""
    serve(_work, _refusal, int(sys.argv[1]))


def _work() -> Answer:
    from planner.web.work import Task, answer

    return lambda task, tell: answer(cast("Task", task), tell)


def _refusal(task: dict[str, Any], error: Exception) -> str | None:
    """A sentence in the visitor's language, with names of files as the visitor knows them."""
    if isinstance(error, MemoryError):
        return Wording(task["language"])("web.memory")
    refusal = refusal_of(error)
    return None if refusal is None else refusal.replace(task["folder"] + os.sep, "")


if __name__ == "__main__":
    main()

"""The process that works for an assistant; see `planner.process.tasks`."""

from __future__ import annotations

import sys
from typing import Any

from planner.errors import refusal_of
from planner.process.tasks import Answer, serve


def main() -> None:
    """Serve until the input ends."""
    serve(_work, _refusal, int(sys.argv[1]))


def _work() -> Answer:
    from planner.assistant.tools import TOOLS

    tools = {tool.__name__: tool for tool in TOOLS}
    return lambda task, _: tools[task["tool"]](**task["arguments"])


def _refusal(_task: dict[str, Any], error: Exception) -> str | None:
    """The sentence that the command line prints."""
    if isinstance(error, MemoryError):
        return "expected a question that fits the memory limit, got one that does not; raise --memory-limit"
    return refusal_of(error)


if __name__ == "__main__":
    main()

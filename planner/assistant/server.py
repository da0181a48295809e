"""The server that offers the tools. The only file that knows the protocol's library."""

from __future__ import annotations

import asyncio
import functools
import inspect
import logging
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any

from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import ToolAnnotations

from planner.assistant.tools import TOOLS, Answer
from planner.distribution import VERSION
from planner.process.workers import TaskOutcome, Workers
from planner.visible import LONGEST_WORD

_INSTRUCTIONS = (
    "Predicts neural networks on edge-AI hardware from data sheets and published measurements. Every latency "
    "is a band (low, mid, high) with its level, and every answer names its provenance (measured, calibrated, "
    "transferred, datasheet, assumed): repeat both with a figure. MODEL is the path of an ONNX file or "
    "zoo:NAME. Nothing is written and nothing leaves this machine."
)
_READ_ONLY = ToolAnnotations(
    read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False
)
_MOST_ITEMS = 1000
_LOG = logging.getLogger("planner.assistant")


@dataclass(frozen=True, slots=True)
class QuestionLimits:
    """What one question may take of this machine, and how many may be worked on at once."""

    seconds: float = 600.0
    memory_bytes: int = 4 * 2**30
    workers: int = 2


def workers(limits: QuestionLimits) -> Workers:
    """Processes that answer, each question within the limits."""
    return Workers("planner.assistant.worker", limits.workers, limits.memory_bytes, limits.seconds)


def server(limits: QuestionLimits, at_work: Workers) -> MCPServer[Any]:
    """A server with these tools, ready to run."""
    made: MCPServer[Any] = MCPServer(
        "planner", instructions=_INSTRUCTIONS, version=VERSION, log_level="ERROR"
    )
    for tool in TOOLS:
        made.add_tool(_asked(tool, limits, at_work), annotations=_READ_ONLY, structured_output=True)
    return made


def run(limits: QuestionLimits) -> None:
    """Serve over standard input and output until the input ends."""

    async def served() -> None:
        at_work = workers(limits)
        try:
            await server(limits, at_work).run_stdio_async()
        finally:
            await at_work.close()

    asyncio.run(served())


def _asked(
    tool: Callable[..., Answer], limits: QuestionLimits, at_work: Workers
) -> Callable[..., Awaitable[Answer]]:
    """The tool as the server calls it: a question to a process, and a refusal as the command line says it."""
    signature = inspect.signature(tool)

    @functools.wraps(tool)
    async def wrapper(*args: object, **kwargs: object) -> Answer:
        arguments = signature.bind(*args, **kwargs).arguments
        _require_short(arguments.values())
        task = {"tool": tool.__name__, "arguments": arguments}
        found = await at_work.run(task, lambda: None, lambda _: None)
        if found.result is None:
            raise ToolError(_refusal(found, limits))
        return found.result

    return wrapper


def _require_short(values: Iterable[object]) -> None:
    """Refuse what no argument means: it would be worked on, and named in what is logged, whole."""
    for value in values:
        if isinstance(value, str) and len(value) > LONGEST_WORD:
            raise ToolError(f"expected texts of at most {LONGEST_WORD:,} characters, got {len(value):,}")
        if isinstance(value, list):
            if len(value) > _MOST_ITEMS:
                raise ToolError(f"expected lists of at most {_MOST_ITEMS:,}, got {len(value):,}")
            _require_short(value)


def _refusal(found: TaskOutcome, limits: QuestionLimits) -> str:
    if found.late:
        return (
            f"expected an answer within {limits.seconds:g} s, got none; ask about less, or start planner mcp "
            "with a longer --time-limit"
        )
    if found.refused is not None:
        return found.refused
    _LOG.error("%s", found.fault)
    return "planner failed in this question; that is a defect of planner, and the server goes on"

"""A process that answers tasks: one a line on standard input, an answer a line on standard output, JSON.

It ends when its input does, even in the middle of a point: when the sweep is killed, its workers go too.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from typing import TypedDict

from planner.plan.sweep.point import PointTask, answer_point
from planner.process.children import end_with_parent


class Reply(TypedDict):
    """What came of a point: its row, or the traceback of a fault of ours."""

    row: dict[str, object] | None
    fault: str | None
    seconds: float


Answer = Callable[[PointTask], dict[str, object]]
"""What makes a row of plain values from a task."""


def reply_to(task: PointTask, answer: Answer = answer_point) -> Reply:
    """Answer one task; a fault is returned and not raised, so that other points go on."""
    start = time.perf_counter()
    try:
        row, fault = answer(task), None
    except Exception:  # noqa: BLE001 - whatever it is, the sweep tells it with the point
        row, fault = None, traceback.format_exc()
    return Reply(row=row, fault=fault, seconds=time.perf_counter() - start)


def serve(answer: Answer) -> None:
    """Answer tasks until the input ends; what a library prints goes to standard error."""
    end_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    lines: queue.SimpleQueue[str] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(lines,), daemon=True).start()
    while True:
        reply = reply_to(json.loads(lines.get()), answer)
        answers.write(json.dumps(reply) + "\n")
        answers.flush()


def _listen(lines: queue.SimpleQueue[str]) -> None:
    for line in sys.stdin:
        lines.put(line)
    os._exit(0)


if __name__ == "__main__":
    serve(answer_point)

"""A process that works for others: a task a line on standard input, lines of JSON on standard output.

It limits its own memory, ends when its input does, and knows nothing of the network.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from contextlib import ExitStack, suppress
from typing import Any

from planner.process.children import end_with_parent
from planner.process.limits import LimitError, within_limits

Task = dict[str, Any]
Tell = Callable[[str], None]
Answer = Callable[[Task, Tell], dict[str, Any]]
Refusal = Callable[[Task, Exception], str | None]


def serve(load: Callable[[], Answer], refusal: Refusal, memory_bytes: int) -> None:
    """Answer tasks until the input ends, within the limit, and no longer than who started this process.

    `load` imports what answers. `refusal` is the sentence for who asked, None for a fault of ours, which is
    answered with its trace and ends this process.
    """
    end_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with ExitStack() as limits:
        with suppress(LimitError):  # systems without limits for processes
            limits.enter_context(within_limits(memory_bytes=memory_bytes))
        _serve(load, refusal)


def _serve(load: Callable[[], Answer], refusal: Refusal) -> None:
    """What a library prints goes to standard error."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    lines: queue.SimpleQueue[str] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(lines,), daemon=True).start()

    def reply(**said: object) -> None:
        answers.write(json.dumps(said, allow_nan=False) + "\n")
        answers.flush()

    answer = load()
    while True:
        task = json.loads(lines.get())
        try:
            reply(result=answer(task, lambda text: reply(progress=text)))
        except Exception as error:  # noqa: BLE001 - a fault of ours is reported with the answer
            said = refusal(task, error)
            if said is None:
                reply(fault=traceback.format_exc())
                return
            reply(refused=said, full=isinstance(error, MemoryError))


def _listen(lines: queue.SimpleQueue[str]) -> None:
    for line in sys.stdin:
        lines.put(line)
    os._exit(0)

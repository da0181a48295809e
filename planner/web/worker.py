"""A process that works for visitors: a task a line on standard input, lines of JSON on standard output.

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
from contextlib import ExitStack, suppress

from planner.errors import PlannerError
from planner.process.children import end_with_parent
from planner.process.limits import LimitError, within_limits
from planner.wording.message import Wording


def main() -> None:
    """Serve until the input ends, within limits, and no longer than who started it."""
    end_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with ExitStack() as limits:
        with suppress(LimitError):  # systems without limits for processes
            limits.enter_context(within_limits(memory_bytes=int(sys.argv[1])))
        _serve()


def _serve() -> None:
    """What a library prints goes to standard error."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    lines: queue.SimpleQueue[str] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(lines,), daemon=True).start()

    def reply(key: str, value: object) -> None:
        answers.write(json.dumps({key: value}, allow_nan=False) + "\n")
        answers.flush()

    from planner.web.work import answer

    while True:
        task = json.loads(lines.get())
        try:
            reply("result", answer(task, lambda text: reply("progress", text)))
        except PlannerError as error:
            reply("refused", _without_folder(str(error), task["folder"]))
        except MemoryError:
            reply("refused", Wording(task["language"])("web.memory"))
        except Exception:  # noqa: BLE001 - a fault of ours is reported with the answer and ends this process
            reply("fault", traceback.format_exc())
            return


def _without_folder(text: str, folder: str) -> str:
    """The message with names of files as the visitor knows them."""
    return text.replace(folder + os.sep, "")


def _listen(lines: queue.SimpleQueue[str]) -> None:
    for line in sys.stdin:
        lines.put(line)
    os._exit(0)


if __name__ == "__main__":
    main()

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

from planner.errors import PlannerError
from planner.wording.message import Wording


def main() -> None:
    """Serve until the input ends; what a library prints goes to standard error."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _limit_memory(int(sys.argv[1]))
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


def _limit_memory(size_bytes: int) -> None:
    """Let allocations beyond this fail, where the system can; zero is no limit."""
    try:
        import resource
    except ImportError:
        return
    if size_bytes:
        resource.setrlimit(resource.RLIMIT_AS, (size_bytes, size_bytes))


def _listen(lines: queue.SimpleQueue[str]) -> None:
    for line in sys.stdin:
        lines.put(line)
    os._exit(0)


if __name__ == "__main__":
    main()

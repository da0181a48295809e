"""The guard of a time limit: a process that kills its parent after a time, and ends with it before."""

from __future__ import annotations

import os
import signal
import sys
import time

from planner.process.children import end_with_parent


def main(wait_s: float) -> None:
    """Wait, say what is done, do it."""
    end_with_parent()
    parent = os.getppid()
    time.sleep(wait_s)
    sys.stderr.write("planner: the run did not stop at its time limit and was killed\n")
    os.kill(parent, signal.SIGKILL)


if __name__ == "__main__":
    main(float(sys.argv[1]))

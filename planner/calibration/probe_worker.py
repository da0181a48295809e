"""The process in which probes run: a job a line on standard input, an answer a line on standard output.

A process of its own, because an engine may crash or hang it.
"""

from __future__ import annotations

import json
import signal
import sys
from dataclasses import asdict

from planner.calibration.probe_run import ProbeSetup, run_probe
from planner.errors import PlannerError
from planner.process.children import end_with_parent


def main() -> None:
    """Answers until the input ends."""
    end_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of a terminal; the parent answers it
    for line in sys.stdin:
        job = json.loads(line)
        try:
            found = run_probe(
                job["seed"], ProbeSetup(**job["setup"]), most_macs=job["most_macs"], whole=job["whole"]
            )
            answer = {"reason": found} if isinstance(found, str) else asdict(found)
        except PlannerError as error:
            answer = {"reason": str(error)}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()

"""One job in a process of its own, which may crash or hang without harm."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path

from planner.process.children import module_command, module_environment


def answer_of(
    module: str, job: object, variables: Mapping[str, str], limit_s: float, folder: Path
) -> dict[str, object]:
    """What a module of ours answers to a job, as the last line of JSON that it prints.

    Where it crashes, hangs or ends without an answer, `reason` says so. What an engine keeps for a while goes
    into `folder` too: a process that is killed removes nothing.
    """
    try:
        done = subprocess.run(  # noqa: S603 - a module of ours
            module_command(module),
            input=json.dumps(job),
            env=module_environment(**variables, TMPDIR=str(folder)),
            capture_output=True,
            text=True,
            timeout=limit_s,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return {"reason": f"did not finish within {limit_s:g} s and was stopped"}
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if lines:
        answer: dict[str, object] = json.loads(lines[-1])
        return answer
    if done.returncode < 0:
        return {"reason": f"the engine crashed its process (signal {-done.returncode})"}
    last = (done.stderr.strip().splitlines() or ["no message"])[-1]
    return {"reason": f"the engine's process ended with status {done.returncode}: {last}"}

"""Standard streams that are closed or full: said where anybody can read it, no file in their place."""

from __future__ import annotations

import subprocess
import sys

import pytest

from planner.process.children import module_environment

PLANNER = f"{sys.executable} -m planner"
CASES = {
    "output is full": ("zoo list > /dev/full", 2, "No space left on device"),
    "output is closed": ("zoo list >&-", 2, "Bad file descriptor"),
    "output is closed and not needed": ("zoo list -o list.csv >&-", 0, ""),
    "messages are full": ("zoo nosuch 2>/dev/full", 2, ""),
    "messages are closed": ("zoo nosuch 2>&-", 2, ""),
    "a refusal and no place for it": ("inspect none.onnx 2>&-", 2, ""),
    "everything is closed": ("zoo list -o list.csv <&- >&- 2>&-", 0, ""),
    "nobody can answer": ("init <&-", 2, "standard input: expected answers to what it asks, got closed"),
    "nobody reads": ("zoo list --format json | true; exit ${PIPESTATUS[0]}", 0, ""),
    "nobody reads the help": ("--help | true; exit ${PIPESTATUS[0]}", 0, ""),
}


@pytest.mark.parametrize("name", CASES)
def test_streams(tmp_path, name):
    command, status, said = CASES[name]
    done = subprocess.run(
        ["/bin/bash", "-c", f"{PLANNER} {command}"], cwd=tmp_path, env=module_environment(),
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == status
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr
    if "list.csv" in command:
        assert (tmp_path / "list.csv").read_text().startswith("name,title,")

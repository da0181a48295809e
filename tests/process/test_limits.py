"""Limits on time and memory, and signals that ask to stop: finished work is kept, the status says why."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import click
import pytest

from planner.cli.main import COMMANDS, planner, run
from planner.process.children import module_environment
from planner.process.stop import begin, listen

LONG = """
import sys, time
from pathlib import Path
from planner.cli.main import main
from planner.rack import simulation
finished, served = Path(sys.argv.pop(1)), simulation.run_replication
def slowly(*given, **more):
    found = served(*given, **more)
    with finished.open("a") as file:
        file.write(".")
    time.sleep(0.1)
    return found
simulation.run_replication = slowly
sys.argv[1:] = ["simulate", "theory-md1", "--replications", "20000", *sys.argv[1:]]
main()
"""
"""A long simulation of little work; its first argument is a file that gets a dot for each run."""
DEAF = """
import collections, itertools
from planner.process import limits
limits.GRACE_S = 0.5
with limits.within_limits(0.5):
    collections.deque(itertools.repeat(1), maxlen=0)  # holds the interpreter, as a library may that computes
"""
HUNGRY = """
import numpy as np
from planner.process.limits import within_limits
with within_limits(memory_bytes=2**29):
    try:
        np.empty(2**27)
    except MemoryError:
        print("refused")
np.empty(2**27)
print("free again")
"""


def commands_of(group: click.Group) -> list[click.Command]:
    context = click.Context(group)
    found = [group.get_command(context, name) for name in group.list_commands(context)]
    return [one for item in found for one in (commands_of(item) if isinstance(item, click.Group) else [item])]


def test_every_command_has_both_limits():
    found = commands_of(planner)
    assert len(found) >= len(COMMANDS)
    for command in found:
        options = {option for parameter in command.params for option in parameter.opts}
        assert {"--time-limit", "--memory-limit"} <= options, command.name


@pytest.mark.parametrize(
    ("limit", "said"),
    [
        (["--time-limit", "0 s"], "more than zero"),
        (["--time-limit", "10"], "got '10'"),
        (["--time-limit", "1e9 s"], "at most 365 d"),
        (["--memory-limit", "1 MB"], "256 MiB"),
        (["--memory-limit", "4 W"], "GiB"),
    ],
)
def test_limits_that_are_none(limit, said, capsys):
    assert run(["zoo", "list", *limit]) == 2
    assert said in capsys.readouterr().err


def wait_for_runs(finished: Path) -> None:
    """Wait until some runs of many are finished, whatever else the machine does."""
    for _ in range(6000):
        if finished.exists() and finished.stat().st_size >= 3:
            return
        time.sleep(0.01)


def ended(process: subprocess.Popen) -> tuple[int, str]:
    try:
        said = process.communicate(timeout=30)[1]
    finally:
        # One that does not end is no child that others have to live with.
        process.kill()
        process.wait()
    return process.returncode, said


@pytest.mark.parametrize(
    ("number", "said"),
    [("SIGTERM", "stopped by SIGTERM"), ("SIGHUP", "by SIGHUP"), ("SIGINT", "interrupted")],
)
def test_a_signal_keeps_what_is_finished(tmp_path, number, said):
    answer, finished = tmp_path / "a.json", tmp_path / "finished"
    process = subprocess.Popen(
        [sys.executable, "-c", LONG, finished, "-o", answer], env=module_environment(),
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    wait_for_runs(finished)
    process.send_signal(getattr(signal, number))
    status, err = ended(process)
    assert status == 128 + getattr(signal, number)
    assert said in err
    assert json.loads(answer.read_text())["partial"] is True


def test_the_time_limit_keeps_what_is_finished(tmp_path):
    answer = tmp_path / "a.json"
    done = subprocess.run(
        [sys.executable, "-c", LONG, tmp_path / "finished", "-o", answer, "--time-limit", "6 s"],
        env=module_environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 128 + signal.SIGALRM
    assert "at the time limit" in done.stderr
    assert json.loads(answer.read_text())["partial"] is True


def test_what_is_deaf_is_killed_by_the_guard():
    start = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", DEAF], env=module_environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == -signal.SIGKILL
    assert "did not stop at its time limit" in done.stderr
    assert time.monotonic() - start < 30


def test_more_memory_than_the_limit_is_refused_and_the_limit_ends():
    done = subprocess.run(
        [sys.executable, "-c", HUNGRY], env=module_environment(), capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.returncode) == ("refused\nfree again\n", 0)


def test_too_little_memory_is_a_sentence(capsys, monkeypatch):
    def hungry(*_a, **_k):
        raise MemoryError("Unable to allocate 64.0 GiB")

    monkeypatch.setattr("planner.api.list_networks", hungry)
    assert run(["zoo", "list"]) == 2
    said = capsys.readouterr().err
    assert "not enough memory for this input (Unable to allocate 64.0 GiB)" in said
    assert "--memory-limit" in said


def test_a_signal_that_a_library_makes_an_error_of_is_still_a_stop(capsys, monkeypatch):
    def compiling(*_a, **_k):
        try:
            signal.raise_signal(signal.SIGTERM)
        except KeyboardInterrupt:
            raise RuntimeError("the compiler's own") from None

    monkeypatch.setattr("planner.api.list_networks", compiling)
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    listen()
    try:
        assert run(["zoo", "list"]) == 128 + signal.SIGTERM
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        begin()
    assert "stopped by SIGTERM" in capsys.readouterr().err


def test_a_signal_that_is_ignored_stays_so():
    held = "import signal\nfrom planner.process.stop import listen\n"
    held += "signal.signal(signal.SIGHUP, signal.SIG_IGN)\nlisten()\n"
    held += "signal.raise_signal(signal.SIGHUP)\nprint('here')\n"
    done = subprocess.run(
        [sys.executable, "-c", held], env=module_environment(), capture_output=True, text=True, check=False
    )
    assert done.stdout == "here\n"

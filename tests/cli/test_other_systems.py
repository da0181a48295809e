"""What Windows and macOS lack, and terminals that lack signs: commands run and print all the same."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LACKING = """
import multiprocessing.context, os, sys
del multiprocessing.context.ForkProcess
for name in ("fcntl", "resource", "termios", "pwd", "grp"):
    sys.modules[name] = None
for name in ("sysconf", "sched_getaffinity", "O_CLOEXEC", "getuid", "fork"):
    if hasattr(os, name):
        delattr(os, name)
from planner.cli.main import main
sys.argv = ["planner", *sys.argv[1:]]
main()
"""
"""A Python as on Windows: without fork and with none of the modules that only POSIX has."""


def run(*arguments: str, script: str | None = None, **environment: str) -> subprocess.CompletedProcess[bytes]:
    command = ["-c", script] if script else ["-m", "planner"]
    return subprocess.run(
        [sys.executable, *command, *arguments],
        capture_output=True,
        check=False,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ("simulate", "theory-md1", "--replications", "2"),
        ("density", "line-inspection"),
        ("compare", "zoo:resnet18", "--devices", "t4,raspberry-pi-5"),
        ("estimate", "zoo:resnet18", "--device", "rk3588"),
        ("measurements", "list", "--device", "t4", "--limit", "3"),
        ("zoo", "list"),
    ],
    ids=" ".join,
)
def test_commands_run_without_what_only_posix_has(arguments):
    done = run(*arguments, script=LACKING)
    assert done.returncode == 0, done.stderr.decode()
    assert done.stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments",
    [
        ("size", "line-inspection"),
        ("cost", "line-inspection", "--draws", "20"),
        ("lint", "line-inspection"),
        ("report", "line-inspection", "-o", "out.pdf"),
        ("sweep", "line-inspection", "--set", "planning.spares=0,1", "-o", "sweep", "--workers", "2"),
    ],
    ids=" ".join,
)
def test_the_longer_commands_run_too(arguments, tmp_path):
    paths = [str(tmp_path / text) if text in ("out.pdf", "sweep") else text for text in arguments]
    done = run(*paths, script=LACKING)
    assert done.returncode == 0, done.stderr.decode()


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "gbk"])
def test_signs_that_the_encoding_lacks_are_replaced(encoding):
    done = run("devices", "show", "atlas-200-dk", PYTHONIOENCODING=encoding, COLUMNS="80")
    assert done.returncode == 0, done.stderr.decode(encoding)
    assert "atlas-200-dk" in done.stdout.decode(encoding)


def test_json_keeps_every_sign_in_any_encoding():
    plain, whole = (
        json.loads(run("measurements", "corrections", "--format", "json", PYTHONIOENCODING=name).stdout)
        for name in ("ascii", "utf-8")
    )
    assert plain == whole


def test_known_signs_become_their_nearest_text():
    text = "45 \\u00b0C \\u2192 caf\\u00e9 \\u6e29"
    code = f"from planner.cli.encoding import show_any_text; show_any_text(); print('{text}')"
    shown = run(script=code, PYTHONIOENCODING="ascii").stdout
    assert shown.split() == [b"45", b"degC", b"->", b"cafe", b"?"]

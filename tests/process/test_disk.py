"""Every step of writing of every command fails once: said, nothing half-written, no input lost."""

from __future__ import annotations

import errno
import json
import os
import shutil
from pathlib import Path

import pytest

from planner.cli.main import run
from planner.data_files import scenarios_dir
from tests.process.disk import assert_every_step_may_fail, content_of, tried

QUICK = {
    "duration: 420 s": "duration: 4 s",
    "warmup: 20 s": "warmup: 1 s",
    "replications: 10": "replications: 2",
}
PROFILE = json.dumps([{"name": "a", "averageMs": 1.0, "percentage": 100.0}])

COMMANDS = {
    "inspect": ["inspect", "zoo:squeezenet_v1.1", "-o", "out.json"],
    "estimate": ["estimate", "zoo:squeezenet_v1.1", "--device", "jetson-orin-nano-8", "-o", "out.csv"],
    "what-if": ["what-if", "zoo:squeezenet_v1.1", "--device", "jetson-orin-nano-8", "-o", "out.csv"],
    "llm": ["llm", "zoo:llama3.1-8b", "--device", "jetson-agx-orin-64", "-o", "out.json"],
    "export": ["zoo", "export", "mobilenet_v2_1.0", "-o", "out.onnx"],
    "copy": ["scenarios", "copy", "theory-md1", "out.yaml"],
    "import": ["import", "trtexec", "profile.json", "-o", "out.json"],
    "plan": [
        "plan",
        "zoo:squeezenet_v1.1",
        "--cameras",
        "2",
        "--fps",
        "15",
        "-o",
        "out.yaml",
        "--to",
        "answer.json",
    ],
    "simulate": ["simulate", "queue.yaml", "-o", "out.json"],
    "log": ["simulate", "queue.yaml", "--log", "out.csv", "--log-every", "9"],
    "log in Parquet": ["simulate", "queue.yaml", "--log", "out.parquet"],
    "sweep": ["sweep", "queue.yaml", "--set", "site.supply=20 degC,30 degC", "-o", "out"],
}
NEW = {"copy"}
"""Of these the file must not be there before."""


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """A folder with inputs, and the answers of the sweep's points from this process."""
    from planner.plan.sweep import run as sweeps
    from planner.plan.sweep.worker import reply_to

    def here(tasks, _):
        yield from ((number, reply_to(task)) for number, task in enumerate(tasks))

    monkeypatch.setattr(sweeps, "on_processes", here)
    text = (scenarios_dir() / "theory-md1.yaml").read_text()
    for old, new in QUICK.items():
        assert old in text
        text = text.replace(old, new)
    (tmp_path / "queue.yaml").write_text(text)
    (tmp_path / "profile.json").write_text(PROFILE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.slow) if name == "plan" else name for name in COMMANDS]
)
def test_every_step_of_writing_may_fail(folder, capsys, name):
    assert_every_step_may_fail(COMMANDS[name], folder, capsys, replaces=name not in NEW)


def test_a_sweep_goes_on_after_every_fault_of_the_disk(folder, capsys):
    arguments = COMMANDS["sweep"]
    steps = tried(arguments, folder, None)[1].steps
    whole = content_of(folder)
    for number in range(steps):
        shutil.rmtree("out")
        tried(arguments, folder, number)
        assert run(arguments) == 0
        assert content_of(folder)["out/points.parquet"] == whole["out/points.parquet"]


@pytest.mark.parametrize("why", [errno.EROFS, errno.EIO, errno.EDQUOT])
def test_a_disk_that_stays_broken(folder, capsys, why):
    for name in ("inspect", "simulate", "log", "sweep"):
        status, _ = tried(COMMANDS[name], folder, 0, why=why, stays=True)
        said = capsys.readouterr().err
        assert (status, os.strerror(why) in said) == (2, True), f"{name}: {said}"


@pytest.mark.skipif(os.getuid() == 0, reason="root writes anywhere")
def test_a_folder_that_is_read_only(folder, capsys):
    folder.chmod(0o500)
    try:
        for name, arguments in COMMANDS.items():
            assert run(arguments) == 2, name
            assert "can" in capsys.readouterr().err
    finally:
        folder.chmod(0o700)

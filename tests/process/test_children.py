"""Children end with the process that started them, also after kill -9, and so do their temporary folders."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from planner.process.children import bound, module_command, module_environment
from planner.process.temporary import LOCK, remove_left_behind, temporary_folder

PLANNER = [sys.executable, "-m", "planner"]
FORKS = """
import time
from planner.forks import in_turns
in_turns(lambda number: time.sleep(60), 3, 3)
"""
BOUND = """
import subprocess
from planner.process.children import bound
subprocess.run(bound(["/bin/sleep", "60"]))
"""
IN_MEMORY = Path("/dev/shm")  # noqa: S108 - looked at alone
LONG = {
    "copies": ([sys.executable, "-c", FORKS], 2),
    "a program of others": ([sys.executable, "-c", BOUND], 1),
    "measure": ([*PLANNER, "measure", "zoo:mobilenet_v2_1.0", "--engine", "onnxruntime", "--time", "60s"], 1),
    "calibrate": ([*PLANNER, "calibrate", "--engine", "onnxruntime", "--budget", "90s", "-o", "c.yaml"], 1),
    "time limit": ([*PLANNER, "simulate", "line-inspection", "--replications", "500",
                    "--time-limit", "1h"], 1),
}  # fmt: skip


def started(command: list[str], children: int, folder: Path) -> tuple[subprocess.Popen, list[psutil.Process]]:
    """The command at work in the folder, with so many children at least."""
    place = folder / "tmp"
    place.mkdir()
    environment = module_environment(TMPDIR=str(place))
    process = subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    for _ in range(3000):
        found = psutil.Process(process.pid).children(recursive=True)
        if len(found) >= children:
            time.sleep(0.3)
            return process, psutil.Process(process.pid).children(recursive=True)
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.01)
    raise AssertionError("its children never came")


def left_of(children: list[psutil.Process]) -> list[psutil.Process]:
    return psutil.wait_procs(children, timeout=10)[1]


@pytest.mark.parametrize("name", LONG)
def test_no_child_outlives_a_kill(tmp_path, name):
    process, children = started(*LONG[name], tmp_path)
    process.kill()
    process.communicate()
    assert left_of(children) == []


@pytest.mark.parametrize("name", ["measure", "calibrate"])
def test_sigterm_ends_children_and_temporary_folders(tmp_path, name):
    before = set(IN_MEMORY.glob("planner-probes-*"))
    process, children = started(*LONG[name], tmp_path)
    process.terminate()
    said = process.communicate(timeout=20)[1]
    assert (process.returncode, left_of(children)) == (143, [])
    assert "stopped by SIGTERM" in said
    assert "Traceback" not in said
    assert list((tmp_path / "tmp").glob("planner-*")) == []
    assert set(IN_MEMORY.glob("planner-probes-*")) <= before


def test_a_program_that_cannot_be_begun_is_a_status():
    done = subprocess.run(bound(["/nowhere/tool"]), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "/nowhere/tool: No such file or directory\n")


def test_a_module_is_ours_and_not_one_of_the_folder_where_one_is(tmp_path):
    for name in ("json", "numpy", "planner"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('of the folder')")
    done = subprocess.run(
        module_command("planner.plan.sweep.worker"), cwd=tmp_path, env=module_environment(),
        input="", capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")


def test_a_folder_that_a_kill_left_goes_with_the_next_run(tmp_path, monkeypatch):
    monkeypatch.setattr("planner.process.temporary._SETTLED_S", 0.0)
    held = "import sys, time\nfrom planner.process.temporary import temporary_folder\n"
    held += "with temporary_folder('test') as folder:\n    print(folder, flush=True)\n    time.sleep(60)\n"
    process = subprocess.Popen(
        [sys.executable, "-c", held], env=module_environment(TMPDIR=str(tmp_path)),
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    folder = Path(process.stdout.readline().strip())
    remove_left_behind(tmp_path)
    assert folder.is_dir(), "somebody has it"
    process.kill()
    process.communicate()
    elsewhere = tmp_path / "planner-other"
    elsewhere.mkdir()
    remove_left_behind(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["planner-other"], "without a lock it is not ours"


def test_a_link_in_place_of_a_folder_or_lock_leads_nowhere(tmp_path, monkeypatch):
    monkeypatch.setattr("planner.process.temporary._SETTLED_S", 0.0)
    target = tmp_path / "target"
    target.mkdir()
    (target / LOCK).touch()
    (tmp_path / "planner-link").symlink_to(target)
    (tmp_path / "planner-lock").mkdir()
    (tmp_path / "planner-lock" / LOCK).symlink_to(target / LOCK)
    remove_left_behind(tmp_path)
    assert (target / LOCK).is_file()
    assert (tmp_path / "planner-lock").is_dir()


def test_a_temporary_folder_goes_with_its_content():
    with temporary_folder("test") as folder:
        (folder / "a").write_text("a")
    assert not folder.exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ["plan", "zoo:yolov5s", "--cameras", "300", "--fps", "15"],
        ["llm", "zoo:llama3.1-8b", "--device", "jetson-*", "--users", ",".join(map(str, range(1, 400)))],
    ],
    ids=["plan", "llm"],
)
@pytest.mark.parametrize("wait_s", [0.05, 0.8])
def test_ctrl_c_of_what_answers_at_once(tmp_path, arguments, wait_s):
    process = subprocess.Popen(
        [*PLANNER, *arguments], env=module_environment(), stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    time.sleep(wait_s)
    os.killpg(process.pid, signal.SIGINT)
    said = process.communicate(timeout=20)[1]
    # Before anything of ours runs, on a busy machine, Python itself answers: with a traceback and status 1.
    if wait_s > 0.1:
        assert "Traceback" not in said
    assert process.returncode in (130, -signal.SIGINT, 0, *([1] if wait_s < 0.1 else []))
    assert list(tmp_path.iterdir()) == []


def test_a_parent_that_ended_while_its_child_was_starting(tmp_path):
    """The child has another parent by the time it looks; the number that it was given says so."""
    script = "from planner.process.children import end_with_parent\nend_with_parent()\nprint('goes on')\n"
    gone = subprocess.run(
        [sys.executable, "-c", script], env=module_environment(PLANNER_PARENT="1"),
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (gone.returncode, gone.stdout) == (1, "")
    there = subprocess.run(
        [sys.executable, "-c", script], env=module_environment(), capture_output=True, text=True, check=False
    )
    assert (there.returncode, there.stdout) == (0, "goes on\n")

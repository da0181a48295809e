"""What is kept for later is used where nobody else can write it: machine code, calibrations."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from planner.errors import InputError
from planner.latency.calibrated import store
from planner.process.children import module_environment
from planner.process.trust import distrusted

SCRIPT = """
from planner.rack.compiled import jit
print(jit.entry(lambda x: x + 1)(1), len(jit.NOT_USED))
"""


@pytest.fixture
def file(tmp_path):
    """A file of this user in a folder of this user."""
    tmp_path.chmod(0o755)
    path = tmp_path / "kept"
    path.write_text("kept")
    path.chmod(0o644)
    return path


def test_a_file_of_ones_own_is_trusted_and_so_is_a_private_group(file):
    assert distrusted(file) is None
    assert distrusted(file.with_name("none")) is None


@pytest.mark.parametrize("mode", [0o646, 0o666, 0o602])
def test_a_file_that_others_can_write_is_not(file, mode):
    file.chmod(mode)
    assert "can be written by others" in distrusted(file)


def test_nor_is_a_folder_where_others_replace_files(file):
    file.parent.chmod(0o777)
    assert "can be written by others" in distrusted(file)
    file.parent.chmod(0o1777)
    assert distrusted(file) is None, "as in /tmp nobody else can replace it"


@pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() != 0, reason="only root gives files away")
def test_a_file_of_another_is_not(file):
    os.chown(file, 54321, 54321)
    assert "belongs to user 54321" in distrusted(file)
    os.chown(file, 0, 54321)
    file.chmod(0o664)
    assert "can be written by others" in distrusted(file), "a group that is not the owner's"


def test_a_calibration_that_others_can_write_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(store, "folder", lambda: tmp_path)
    path = tmp_path / "this-machine.onnxruntime.fp32.1t.yaml"
    path.write_text("schema: 1\n")
    path.chmod(0o666)
    for ask in (
        lambda: store.of_this_machine(None, None, None),
        lambda: store.stored("onnxruntime", 1, "fp32"),
    ):
        with pytest.raises(InputError, match="nobody else can write, got"):
            ask()


def test_machine_code_that_others_can_write_is_not_loaded(tmp_path):
    place, script = tmp_path / "code", tmp_path / "script.py"
    place.mkdir()
    script.write_text(SCRIPT)
    for mode, said in ((0o755, "2 0"), (0o777, "2 1")):
        place.chmod(mode)
        done = subprocess.run(
            [sys.executable, script], env=module_environment(NUMBA_CACHE_DIR=str(place)),
            cwd=tmp_path, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.stdout.strip() == said, done.stderr
        for folder in place.iterdir():
            folder.chmod(mode)

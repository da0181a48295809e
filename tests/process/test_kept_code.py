"""Machine code on disk that is cut, damaged or in the way: made anew, and kept again where it can be."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import numba
import pytest

PROGRAM = """
from planner.rack.compiled.jit import entry

@entry
def doubled(number):
    return 2 * number
"""
DAMAGE = {
    "empty": lambda content: content[:0],
    "half": lambda content: content[: len(content) // 2],
    "one byte less": lambda content: content[:-1],
    "zeros": lambda content: bytes(len(content)),
    "a bit": lambda content: content[:-200] + bytes([content[-200] ^ 1]) + content[-199:],
}


@pytest.fixture
def program(tmp_path, monkeypatch) -> Path:
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path / "cache"))
    (tmp_path / "program.py").write_text(PROGRAM)
    assert ran(tmp_path) == (42, 0)
    assert ran(tmp_path) == (42, 1)
    return tmp_path


def ran(folder: Path) -> tuple[int, int]:
    """What the function gives, and how often its machine code was found, where nothing is loaded before."""
    spec = importlib.util.spec_from_file_location("program", folder / "program.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.doubled(21), sum(module.doubled.stats.cache_hits.values())


@pytest.mark.parametrize("ending", ["nbi", "nbc"])
def test_what_is_damaged_is_made_anew(program, ending):
    (file,) = program.glob(f"cache/*/*.{ending}")
    whole = file.read_bytes()
    for name, damaged in DAMAGE.items():
        file.write_bytes(damaged(whole))
        assert ran(program) == (42, 0), name
        assert ran(program) == (42, 1), name


def test_what_cannot_be_kept_is_made_by_each_process(program):
    (file,) = program.glob("cache/*/*.nbc")
    file.unlink()
    file.mkdir()
    assert ran(program) == (42, 0)
    assert ran(program) == (42, 0)
    file.rmdir()
    assert ran(program) == (42, 0)
    assert ran(program) == (42, 1)


@pytest.mark.skipif(sys.platform == "win32", reason="no such limit")
def test_a_system_that_takes_no_larger_files_keeps_nothing(tmp_path, monkeypatch):
    import resource

    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path / "cache"))
    (tmp_path / "program.py").write_text(PROGRAM)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        assert ran(tmp_path) == (42, 0)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert ran(tmp_path) == (42, 0)
    assert ran(tmp_path) == (42, 1)

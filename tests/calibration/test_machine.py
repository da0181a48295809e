"""The machine that a calibration ran on: what it says of its memory, and the part that is written of it."""

import ctypes
import os
import struct
from dataclasses import replace
from types import SimpleNamespace

import pytest

from planner.calibration import machine
from planner.calibration.machine import Machine, register
from planner.hardware.catalog import read_device_file
from planner.hardware.database_check import check_device_file
from planner.provenance import Status

GIB = 2**30
LAPTOP = Machine("A processor", 4, ("avx2",), {"l1": 32768}, 8 * GIB, 100e9, 20e9)


@pytest.fixture(autouse=True)
def own_folder(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    monkeypatch.setattr(machine, "config_dir", lambda: tmp_path)


def quick(monkeypatch: pytest.MonkeyPatch) -> Machine:
    """This machine without the two seconds of measuring."""
    monkeypatch.setattr(machine, "_peak_ops_per_s", lambda: 100e9)
    monkeypatch.setattr(machine, "_bandwidth_bytes_per_s", lambda: 20e9)
    return machine.this_machine()


def windows(total_bytes: int) -> SimpleNamespace:
    """Kernel32 of a Windows with so much memory; it refuses a structure that does not state its size."""

    def status(buffer: ctypes.Array) -> int:
        if struct.unpack_from("<I", buffer)[0] != ctypes.sizeof(buffer):
            return 0
        struct.pack_into("<Q", buffer, 8, total_bytes)
        return 1

    return SimpleNamespace(kernel32=SimpleNamespace(GlobalMemoryStatusEx=status))


def test_memory_is_what_the_system_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        os, "sysconf", {"SC_PAGE_SIZE": 4096, "SC_PHYS_PAGES": 2**21}.__getitem__, raising=False
    )

    assert quick(monkeypatch).memory_bytes == 8 * GIB


def test_memory_is_asked_of_windows_where_posix_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "sysconf", raising=False)
    monkeypatch.setattr(ctypes, "windll", windows(16 * GIB), raising=False)

    assert quick(monkeypatch).memory_bytes == 16 * GIB


def test_memory_is_unknown_where_the_system_does_not_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "sysconf", raising=False)
    monkeypatch.delattr(ctypes, "windll", raising=False)

    assert quick(monkeypatch).memory_bytes is None


@pytest.mark.parametrize("pages", [-1, 0])
def test_memory_is_unknown_where_the_system_says_nonsense(
    monkeypatch: pytest.MonkeyPatch, pages: int
) -> None:
    monkeypatch.setattr(
        os, "sysconf", {"SC_PAGE_SIZE": 4096, "SC_PHYS_PAGES": pages}.__getitem__, raising=False
    )

    assert quick(monkeypatch).memory_bytes is None


def test_known_memory_is_measured() -> None:
    capacity = read_device_file(register(LAPTOP, "laptop", "2026-01-01")).memory.capacity_bytes

    assert (capacity.value, capacity.status) == (8 * GIB, Status.MEASURED)


def test_unknown_memory_is_a_small_assumption_that_says_why() -> None:
    path = register(replace(LAPTOP, memory_bytes=None), "laptop", "2026-01-01")
    capacity = read_device_file(path).memory.capacity_bytes

    assert (capacity.value, capacity.status) == (4 * GIB, Status.ASSUMED)
    assert "does not say" in (capacity.note or "")
    assert check_device_file(path, {}).device is not None


def test_all_cores_of_the_system_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 12)
    assert quick(monkeypatch).cores == 12
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert quick(monkeypatch).cores == 1

"""The checks of the whole database, and that each of them can fail."""

import json
from pathlib import Path

import pytest

from planner.data_files import database_dir
from planner.errors import Problem
from planner.hardware.catalog import engine_ids, read_engine
from planner.hardware.database_check import check_database, check_device_file, device_json_schema

ORIN = (database_dir() / "devices" / "jetson-agx-orin-64.yaml").read_text()


def complaints_after(tmp_path: Path, old: str, new: str) -> tuple[Problem, ...]:
    """What the checks say after one replacement in the file of AGX Orin."""
    assert ORIN.count(old) >= 1
    path = tmp_path / "jetson-agx-orin-64.yaml"
    path.write_text(ORIN.replace(old, new, 1))
    engines = {engine_id: read_engine(engine_id) for engine_id in engine_ids()}
    problems = check_device_file(path, engines).problems
    assert all(problem.line is not None for problem in problems)
    return problems


def problems_after(tmp_path: Path, old: str, new: str) -> list[str]:
    """Where the checks complain after one replacement."""
    return [problem.where for problem in complaints_after(tmp_path, old, new)]


def test_the_shipped_database_has_no_problem() -> None:
    result = check_database()

    assert [str(problem) for problem in result.problems] == []
    assert result.files >= 16
    assert result.numbers > 500


def test_the_shipped_schema_is_that_of_this_version() -> None:
    shipped = json.loads((database_dir() / "schema" / "device.json").read_text())

    assert shipped == device_json_schema()


def test_the_unchanged_part_has_no_problem(tmp_path: Path) -> None:
    assert problems_after(tmp_path, "id: jetson-agx-orin-64", "id: jetson-agx-orin-64") == []


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ("MAXN: 85.197 TOPS", "MAXN: 90 TOPS", "units.gpu.peaks.int8.MAXN"),
        ("{value: 170 TOPS", "{value: 275 TOPS", "units.gpu.sparse_peaks.int8.MAXN"),
        ("int8: {MAXN: 48.7 TOPS}", "int8: {MAXN: 99 TOPS}", "units.gpu.ceilings.int8.MAXN"),
        ("engines: [tensorrt, onnxruntime]", "engines: [tensorflow]", "units.gpu.engines"),
        ("engines: [tensorrt, onnxruntime]", "engines: [ncnn]", "units.gpu.engines"),
        ("    MAXN: 204.8 GB/s", "    MAXN: 160 GB/s", "memory.ceilings.MAXN"),
        ("\nunits:\n", "  unused: {title: Nothing uses this}\n\nunits:\n", "sources.unused"),
    ],
)
def test_each_check_can_fail(tmp_path: Path, old: str, new: str, where: str) -> None:
    assert where in problems_after(tmp_path, old, new)


def test_a_mode_with_more_power_is_no_slower(tmp_path: Path) -> None:
    found = problems_after(tmp_path, "    50W: 204.8 GB/s", "    50W: 100 GB/s")

    assert found == ["memory.bandwidth.50W"]


@pytest.mark.parametrize(
    ("resistance", "complaints"), [("0.9 K/W", 0), ("1.4 K/W", 1), ("3 K/W", 5), ("0.01 K/W", 1)]
)
def test_heat_has_to_leave_the_part(tmp_path: Path, resistance: str, complaints: int) -> None:
    found = problems_after(tmp_path, "value: 0.9 K/W", f"value: {resistance}")

    assert len(found) == complaints

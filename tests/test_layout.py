"""The shape of the code: imports run downward only, and each outside library has one home."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "planner"

ROWS = [
    {"__init__", "__main__"},
    {"api"},
    {"cli"},
    {"report"},
    {"plan"},
    {"calibration"},
    {"rack", "engines"},
    {"latency"},
    {"zoo"},
    {"workload", "hardware"},
    {"wording"},
    {"schema"},
    {"collector", "data_files", "files", "forks"},
    {"units", "errors", "provenance"},
]
RANK = {room: rank for rank, rooms in enumerate(ROWS) for room in rooms}

HOMES = {
    "pydantic": ("schema/",),
    "pydantic_core": ("schema/",),
    "yaml": ("schema/yaml_file.py",),
    "onnx": ("workload/",),
    "onnxruntime": ("engines/onnxruntime_engine.py",),
    "openvino": ("engines/openvino_engine.py",),
    "ncnn": ("engines/ncnn_engine.py",),
    "simpy": ("rack/simpy_engine.py", "rack/simpy_instant.py"),
    "numba": ("rack/compiled/",),
    "typst": ("report/",),
    "distributed": ("plan/sweep/cluster.py",),
    "pyarrow": ("plan/sweep/table.py", "rack/trace.py", "rack/device_log.py"),
    "matplotlib": ("report/",),
    "click": ("cli/",),
    "rich": ("cli/",),
}

FILES = sorted(PACKAGE.rglob("*.py"))


def imported(path: Path) -> list[str]:
    names = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names.append(node.module or "")
    return names


def room_of(path: Path) -> str:
    first = path.relative_to(PACKAGE).parts[0]
    return first.removesuffix(".py")


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_run_downward(path: Path):
    own = RANK[room_of(path)]
    for name in imported(path):
        parts = name.split(".")
        if parts[0] != "planner" or len(parts) == 1 or parts[1] == room_of(path):
            continue
        assert RANK[parts[1]] > own, f"{path.relative_to(PACKAGE)} imports upward or sideways: {name}"


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_each_library_has_one_home(path: Path):
    inside = str(path.relative_to(PACKAGE))
    for name in imported(path):
        homes = HOMES.get(name.split(".")[0])
        assert homes is None or inside.startswith(homes), f"{inside} imports {name}; its home is {homes}"


def test_files_stay_readable():
    long = {str(p.relative_to(PACKAGE)): n for p in FILES if (n := len(p.read_text().splitlines())) > 400}
    assert long == {}


def test_no_grab_bag_modules():
    names = {"utils", "helpers", "base", "core", "common", "manager", "misc"}
    assert {p.stem for p in FILES} & names == set()

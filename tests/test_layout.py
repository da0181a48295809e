"""The shape of the code: imports run downward only, rooms stay small, each outside library has one home."""

import ast
import functools
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "planner"
MOST_FILES = 15
"""In one folder, `__init__.py` and `conftest.py` not counted."""

FLOORS = {
    "": [
        {"__init__", "__main__"},
        {"cli"},
        {"assistant", "web"},
        {"api"},
        {"report"},
        {"plan"},
        {"calibration", "chain", "conversation"},
        {"rack", "engines"},
        {"language"},
        {"latency"},
        {"zoo"},
        {"workload", "hardware"},
        {"wording"},
        {"schema"},
        {"collector", "data_files", "environment", "files", "forks", "quick_init", "read_files"},
        {"errors", "provenance", "arrays", "formulas", "process"},
        {"units", "shown", "distribution", "visible"},
    ],
    "cli": [
        {"network", "engine", "scenario", "database", "front"},
        {"text", "main", "model_options", "own_parts", "outside", "output", "evidence"},
        {"limits"},
        {"arguments"},
        {"paths", "layout", "groups", "ticker", "encoding", "completion", "bars"},
    ],
    "plan": [
        {"fleet"},
        {"sweep"},
        {"field"},
        {"record"},
        {"study", "short"},
        {"conversation"},
        {"density", "cost", "pitfalls", "what_if", "chain_study", "serving"},
        {"sizing"},
        {"compare", "rack", "scenario", "check"},
        {"chain"},
        {"money"},
        {"options"},
    ],
    "rack": [
        {"sequential", "policies", "studies"},
        {"simulation"},
        {"reference", "compiled"},
        {"counts"},
        {"arrivals", "run"},
        {"heat"},
        {"load"},
        {"description"},
    ],
    "latency": [
        {"evidence"},
        {"choice", "estimate", "variants"},
        {"overheads"},
        {"record", "anchoring", "units"},
        {"one_unit", "planning", "load"},
        {"result", "remarks", "calibrated"},
        {"seen"},
        {"link"},
        {"network_time", "point", "memory_use", "overhead"},
        {"transfer", "roofline", "power"},
        {"kernels", "band"},
    ],
    "workload": [
        {"record", "quantise", "fusion"},
        {"wholeness"},
        {"dataflow"},
        {"workload"},
        {"caches"},
        {"counting", "memory"},
        {"shapes", "operators", "roles"},
        {"output_rules", "operation"},
        {"file", "borrowed", "uncountable"},
        {"asked"},
        {"graph"},
        {"dtypes"},
    ],
    "language": [
        {"answer"},
        {"rates", "calibrated"},
        {"engines"},
        {"sources"},
        {"formats"},
        {"sizes"},
    ],
    "process": [
        {"tasks"},
        {"limits", "guard", "workers"},
        {"stop", "children", "temporary", "inputs", "trust"},
    ],
    "schema": [
        {"record", "scenario", "fitted", "language", "fleet"},
        {"hardware", "conversation"},
        {"reading"},
    ],
    "zoo": [
        {"source"},
        {"registry"},
        {"classifiers", "detectors", "encoders", "heads", "language"},
        {"yolos"},
        {"detection", "sequence", "transformers", "reference"},
        {"image"},
        {"mobile"},
        {"attention"},
        {"builder"},
        {"place_steps"},
        {"tensor_steps"},
        {"graph_writer"},
    ],
}
"""Floors of the package and of its larger rooms, the top first: a file imports from floors below its own.

Files of one room may import each other; two rooms on one floor may not.
"""

HOMES = {
    "pydantic": ("schema/",),
    "pydantic_core": ("schema/",),
    "yaml": ("schema/reading/yaml_file.py",),
    "onnx": ("workload/",),
    "onnxruntime": ("engines/onnxruntime_engine.py",),
    "av": ("engines/chain/",),
    "cv2": ("engines/chain/",),
    "cyllama": ("engines/llama/session.py",),
    "gguf": ("engines/llama/random_gguf.py",),
    "openvino": ("engines/openvino_engine.py",),
    "ncnn": ("engines/ncnn_engine.py",),
    "simpy": ("rack/reference/",),
    "numba": ("rack/compiled/",),
    "typst": ("report/",),
    "distributed": ("plan/sweep/cluster.py",),
    "pyarrow": (
        "plan/sweep/table.py",
        "plan/fleet/sites/table.py",
        "rack/arrivals/trace.py",
        "rack/run/device_log.py",
        "report/tables.py",
    ),
    "matplotlib": ("report/",),
    "click": ("cli/",),
    "rich": ("cli/bars.py",),
    "starlette": ("web/",),
    "uvicorn": ("web/serve.py", "web/connection.py"),
    "jinja2": ("web/pages.py",),
    "mcp": ("assistant/server.py",),
    "filelock": ("plan/sweep/journal.py",),
    "platformdirs": ("data_files.py",),
}

FILES = sorted(PACKAGE.rglob("*.py"))
SHARED_RULES = ("batches", "dispatch", "engine", "requests", "servers")
"""Files of the same name in both rack engines: each rule stands once for reading and once for speed."""

CLASS = re.compile(r"^ *class (\w+)", re.MULTILINE)


@functools.cache
def imported(path: Path) -> list[str]:
    """Read once: two tests ask every file."""
    names = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names += [f"{node.module}.{alias.name}" for alias in node.names]
    return names


def floor_of(package: str, room: str) -> int:
    for floor, rooms in enumerate(FLOORS[package]):
        if room in rooms:
            return floor
    pytest.fail(f"planner/{package}: {room} stands on no floor of tests/test_layout.py")


def upward(path: Path) -> list[str]:
    """What a file imports from its own floor or from one above."""
    own = path.relative_to(PACKAGE).with_suffix("").parts
    found = []
    for name in imported(path):
        package, *parts = name.split(".")
        if package != "planner" or not parts or parts[0] not in {room for f in FLOORS[""] for room in f}:
            continue
        inside = ""
        if own[0] == parts[0]:
            if own[0] not in FLOORS or len(parts) < 2 or own[1] in (parts[1], "__init__"):
                continue
            inside, upper, lower = own[0], own[1], parts[1]
        else:
            upper, lower = own[0], parts[0]
        if floor_of(inside, upper) >= floor_of(inside, lower):
            found.append(name)
    return found


def test_imports_run_downward():
    """One test for all files: a test of its own for each of a thousand would take longer than the reading."""
    assert {str(path.relative_to(PACKAGE)): found for path in FILES if (found := upward(path))} == {}


@pytest.mark.parametrize("package", FLOORS, ids=lambda name: name or "planner")
def test_every_room_stands_on_a_floor(package: str):
    rooms = [room for floor in FLOORS[package] for room in floor]
    inside = {
        path.stem
        for path in (PACKAGE / package).iterdir()
        if (path.suffix == ".py" and (path.stem != "__init__" or not package))
        or (path / "__init__.py").exists()
    }
    assert set(rooms) == inside
    assert len(rooms) == len(set(rooms))


def test_each_library_has_one_home():
    strangers = []
    for path in FILES:
        inside = str(path.relative_to(PACKAGE))
        for name in imported(path):
            homes = HOMES.get(name.split(".")[0])
            if homes is not None and not inside.startswith(homes):
                strangers.append(f"{inside} imports {name}; its home is {homes}")
    assert strangers == []


def test_files_stay_readable():
    long = {str(p.relative_to(PACKAGE)): n for p in FILES if (n := len(p.read_text().splitlines())) > 400}
    assert long == {}


def test_rooms_stay_small():
    """A folder that one can take in at a glance; tests are laid out like the package."""
    folders = {path.parent for root in ("planner", "tests") for path in (ROOT / root).rglob("*.py")}
    counts = {
        str(folder.relative_to(ROOT)): sum(
            p.name not in {"__init__.py", "conftest.py"} for p in folder.glob("*.py")
        )
        for folder in folders
    }
    assert {folder: count for folder, count in counts.items() if count > MOST_FILES} == {}


def test_every_room_says_what_lives_there():
    """What lives there, what comes in and what goes out."""
    silent = []
    for folder in sorted({path.parent for path in FILES}):
        said = ast.get_docstring(ast.parse((folder / "__init__.py").read_text())) or ""
        if not (said and (folder == PACKAGE or re.search(r"\S.*\n\nIn: .*\nOut: ", said, re.DOTALL))):
            silent.append(folder)
    assert silent == []


def test_both_rack_engines_keep_a_rule_under_the_same_name():
    for engine in ("reference", "compiled"):
        names = {path.stem for path in (PACKAGE / "rack" / engine).glob("*.py")}
        assert set(SHARED_RULES) <= names


def test_no_grab_bag_modules():
    names = {"utils", "helpers", "base", "core", "common", "manager", "misc"}
    assert {p.stem for p in FILES} & names == set()


def test_each_class_has_a_name_of_its_own():
    """One name, one thing; what a test keeps to itself (`_Name`) may be named as it likes."""
    homes: dict[str, list[str]] = {}
    for root in ("planner", "benchmarks", "docs", "tests"):
        for path in (ROOT / root).rglob("*.py"):
            for name in CLASS.findall(path.read_text()):
                if root != "tests" or not name.startswith("_"):
                    homes.setdefault(name, []).append(str(path.relative_to(ROOT)))
    assert {name: found for name, found in homes.items() if len(found) > 1} == {}

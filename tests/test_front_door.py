"""Commands go through `planner.api`, which is light to import and runs on other systems than Linux."""

from __future__ import annotations

import ast
import doctest
import inspect
import os
import subprocess
import sys
from pathlib import Path

import pytest

import planner
from planner import api
from planner.plan.cost.study import DRAWS
from planner.plan.sizing.sized import MOST_PARTS

ROOT = Path(__file__).resolve().parents[1]
CLI = sorted((ROOT / "planner" / "cli").rglob("*.py"))
OPEN_TO_COMMANDS = {
    "cli", "api", "units", "errors", "wording", "provenance", "files", "collector", "data_files", "visible",
    "distribution", "assistant", "web", "process", "environment",
}  # fmt: skip
HEAVY = ("numpy", "onnx", "scipy", "pandas", "matplotlib", "numba", "simpy", "click", "rich")
CALLS = [name for name in api.__all__ if inspect.isfunction(getattr(api, name))]
AT_LEISURE = [
    "capacities", "chain_text", "check_database", "compare_reports", "cost", "density", "fleet", "host_text",
    "margin_text", "plan_conversations", "size", "sweep", "write_conversations", "write_devices_page",
    "write_fleet", "write_report",
]  # fmt: skip
"""Calls whose examples take seconds."""
MOST_MODULES = 280
"""After reading a part, beyond a bare interpreter's; most belong to pydantic, yaml and the language."""

WITHOUT_LINUX = """
import importlib.abc, multiprocessing.context, os, sys

class Absent(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name in ("fcntl", "resource"):
            raise ImportError(f"no module {name}")

for name in ("fcntl", "resource"):
    sys.modules.pop(name, None)
sys.meta_path.insert(0, Absent())
for name in ("fork", "forkpty", "sched_getaffinity", "sched_setaffinity"):
    if hasattr(os, name):
        delattr(os, name)
for name in ("ForkProcess", "ForkContext"):
    delattr(multiprocessing.context, name)
"""


def imports_at_run_time(path: Path) -> list[str]:
    """Modules and names of planner that a file imports, but for those that only the type checker sees."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            node.body = []
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found += [f"{node.module}.{alias.name}" for alias in node.names]
    return [name for name in found if name.split(".")[0] == "planner"]


def is_record_converter(name: str) -> bool:
    """A module `record`, or a function that makes a record for JSON or rows for CSV of an answer."""
    *modules, last = name.split(".")
    return "record" in modules or last.endswith(("_record", "_rows"))


def run(code: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    environment.pop("COVERAGE_PROCESS_START", None)
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, env=environment, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("path", CLI, ids=lambda path: str(path.relative_to(ROOT)))
def test_commands_go_through_the_api(path: Path):
    others = [
        name
        for name in imports_at_run_time(path)
        if name.split(".")[1] not in OPEN_TO_COMMANDS and not is_record_converter(name)
    ]
    assert others == []


@pytest.mark.parametrize("module", [planner, api], ids=lambda module: module.__name__)
def test_every_name_is_there_and_says_what_it_is(module):
    for name in module.__all__:
        value = getattr(module, name)
        assert inspect.getdoc(value)
        assert name in dir(module)
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        module.nonsense  # noqa: B018


@pytest.mark.parametrize("name", CALLS)
def test_every_call_has_an_example(name: str):
    assert ">>> " in (inspect.getdoc(getattr(api, name)) or "")


def run_examples(name: str) -> None:
    """The examples of a call, with all names of the API at hand."""
    names = {"Path": Path} | {name: getattr(api, name) for name in api.__all__}
    runner = doctest.DocTestRunner()
    for example in doctest.DocTestFinder(recurse=False).find(getattr(api, name), name, globs=names):
        assert runner.run(example).failed == 0


@pytest.mark.parametrize("name", [name for name in CALLS if name not in AT_LEISURE])
def test_examples_hold(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    run_examples(name)


@pytest.mark.slow
@pytest.mark.parametrize("name", AT_LEISURE)
def test_examples_that_take_seconds_hold(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    run_examples(name)


def test_only_what_needs_this_machine_has_an_example_that_is_not_run():
    """An engine, a device, or a file that a tool of another machine wrote."""
    skipped = {name for name in CALLS if "+SKIP" in (inspect.getdoc(getattr(api, name)) or "")}
    homes = {inspect.getmodule(getattr(api, name)).__name__.removeprefix("planner.api.") for name in skipped}
    assert homes <= {"engines", "machine.llama", "machine.tokens", "chains", "plots"}
    assert {name for name in skipped if getattr(api, name).__module__.endswith(("chains", "plots"))} == {
        "measure_chain", "plot_served",
    }  # fmt: skip


def test_defaults_are_those_of_the_layers_below():
    defaults = {"size": ("most_parts", MOST_PARTS), "cost": ("draws", DRAWS)}
    for name, (parameter, value) in defaults.items():
        assert inspect.signature(getattr(api, name)).parameters[parameter].default == value


def test_reading_a_part_imports_little():
    code = (
        "import sys; before = set(sys.modules)\n"
        "import planner; planner.read_device('t4')\n"
        "print(*sorted(set(sys.modules) - before))"
    )
    loaded = run(code).split()
    assert [name for name in loaded if name.split(".")[0] in HEAVY] == []
    assert len(loaded) <= MOST_MODULES


def test_the_api_runs_where_what_linux_alone_has_is_absent():
    """As on Windows and macOS: no fcntl, resource, fork or processor affinity."""
    answers = run(
        WITHOUT_LINUX
        + """
import planner
print(planner.read_device("t4").id)
print(planner.estimate("zoo:resnet18", "t4", precision="int8").fits)
print(planner.size("line-inspection", most_parts=1).feasible)
print(len(planner.lint("line-inspection")) >= 0)
from planner.plan.sweep import run
from planner.forks import in_turns, usable_processes
print(in_turns(abs, 3, usable_processes()))
"""
    )
    assert answers.split("\n")[:5] == ["t4", "True", "True", "True", "[0, 1, 2]"]


def test_own_parts_are_named_in_python_too(tmp_path: Path):
    from planner.data_files import database_dir

    part = (database_dir() / "devices" / "t4.yaml").read_text(encoding="utf-8")
    (tmp_path / "my-card.yaml").write_text(part.replace("id: t4\n", "id: my-card\n"), encoding="utf-8")
    with api.own_parts(tmp_path):
        found = planner.estimate("zoo:resnet18", "my-card")
        ranked = planner.compare("zoo:resnet18", ["my-card"])
    assert any("my-card" in text for text in found.warnings)
    assert any("my-card" in text for text in ranked.notes)


def test_files_outside_are_read_for_as_long_as_that_is_allowed(tmp_path: Path):
    api.export_network("squeezenet_v1.1", tmp_path / "own.onnx")
    plan = tmp_path / "in" / "plan.yaml"
    plan.parent.mkdir()
    text = api.scenario_text("line-inspection").replace("zoo:mobilenet_v2_1.0", "../own.onnx")
    plan.write_text(text, encoding="utf-8")
    with api.allow_files_outside():
        assert api.read_scenario(plan).scenario.streams[1].model == "../own.onnx"
        api.size(plan, most_parts=1)
    with pytest.raises(planner.PlannerError, match="--allow-outside"):
        api.size(plan, most_parts=1)


def test_the_caller_and_all_units_are_there_in_python_too():
    network = planner.read_onnx("zoo:resnet18")
    usual, alone = (
        planner.estimate(network, "jetson-agx-orin-64", precision="int8", caller=caller)
        for caller in (None, "none")
    )
    assert alone.latency_s.mid <= usual.latency_s.mid
    best = planner.estimate(network, "jetson-agx-orin-64", precision="int8", unit="auto")
    tried = planner.estimate_units(network, "jetson-agx-orin-64", precision="int8")
    assert best == tried.best.estimate
    assert best.hidden
    assert any(item.placement is tried.best for item in tried.tried)
    with pytest.raises(planner.PlannerError, match="none beside --unit auto"):
        planner.estimate(network, "jetson-agx-orin-64", unit="auto", threads=2)


def test_one_file_asked_for_twice_is_refused(tmp_path: Path):
    with pytest.raises(planner.PlannerError, match="expected another file for each"):
        planner.write_report("line-inspection", tmp_path / "a.pdf", data=tmp_path / "a.pdf")

"""What planner/ imports is declared, and the oldest versions that are declared are those that are tried."""

import ast
import importlib
import pkgutil
import re
import sys
import tomllib
from importlib.util import find_spec
from pathlib import Path

import pytest

import planner
from planner.cli.main import run
from planner.distribution import DISTRIBUTION, VERSION, install_command

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]
IMPORTED_AS = {
    "fonttools": "fontTools",
    "opencv-python-headless": "cv2",
    "protobuf": "google",
    "pyyaml": "yaml",
}
"""Distributions whose module has another name."""

COMES_WITH = {"pydantic_core": "pydantic"}
"""Modules that a declared distribution pins to the exact version it needs."""


def bounds(requirements: list[str]) -> dict[str, str]:
    """Lower bound by name of the distribution."""
    found = [re.fullmatch(r"([A-Za-z0-9_.-]+)>=([0-9.]+)", text) for text in requirements]
    return {match[1].lower(): match[2] for match in found if match}


BASE = bounds(PROJECT["dependencies"])
TOOLS = {"test", "mutate", "docs"}
"""Extras of those who work on planner/, which itself imports none of them."""

OPTIONAL = {name: bound for extra in set(EXTRAS) - TOOLS for name, bound in bounds(EXTRAS[extra]).items()}


def module_of(distribution: str) -> str:
    return IMPORTED_AS.get(distribution, distribution)


def imports() -> dict[str, str]:
    """Top-level modules that planner/ imports from elsewhere, and one file that does."""
    found = {}
    for path in sorted((ROOT / "planner").rglob("*.py")):
        tree = ast.parse(path.read_text())
        for node in ast.walk(tree):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module:
                names = [node.module]
            for name in names:
                top = name.split(".")[0]
                if top != "planner" and top not in sys.stdlib_module_names:
                    found[COMES_WITH.get(top, top)] = str(path.relative_to(ROOT))
    return found


def test_every_import_is_declared():
    declared = {module_of(name) for name in BASE | OPTIONAL}
    assert {module: file for module, file in imports().items() if module not in declared} == {}


def test_nothing_is_declared_that_is_not_imported():
    assert {module_of(name) for name in BASE | OPTIONAL} == set(imports())


@pytest.mark.parametrize("requirement", PROJECT["dependencies"])
def test_every_dependency_has_a_lower_bound_that_is_tried(requirement):
    assert bounds([requirement]), f"{requirement} has no lower bound"


def test_the_oldest_versions_are_the_lower_bounds():
    files = sorted(ROOT.glob("constraints-oldest*.txt"))
    lines = [line for file in files for line in file.read_text().splitlines()]
    pinned = dict(line.lower().split("==") for line in lines if not line.startswith("#"))
    for name, bound in (BASE | OPTIONAL).items():
        assert re.fullmatch(rf"{re.escape(bound)}(\.0)*", pinned[name]), f"{name} is tried at {pinned[name]}"


def test_everything_imports_with_the_versions_that_are_installed():
    """Warnings are errors, here as in all tests. The oldest mcp is tried in an environment of its own."""
    absent = [] if find_spec("mcp") else ["planner.assistant.server"]
    for module in pkgutil.walk_packages(planner.__path__, "planner."):
        if not module.name.endswith("__main__") and module.name not in absent:
            importlib.import_module(module.name)


KINDS = {"planner": ("*.py", "*.yaml"), "docs": ("*.md",), "hardware_db": ("*.yaml",)}
FILES = [path for folder, kinds in KINDS.items() for kind in kinds for path in (ROOT / folder).rglob(kind)]
FILES += [ROOT / name for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "pyproject.toml")]
TEXTS = {str(path.relative_to(ROOT)): path.read_text() for path in FILES}


def test_no_advice_installs_the_other_project_of_this_name():
    """`planner` on the package index is somebody else's; the distribution has a name of its own."""
    other = re.compile(r"(?<![\w-])planner\[\w|pip3? install (?:-\S+ )*['\"]?planner\b")
    assert {name: found[0] for name, text in TEXTS.items() if (found := other.search(text))} == {}
    assert PROJECT["name"] == DISTRIBUTION
    assert set(PROJECT["scripts"]) == {"planner"}


def test_every_extra_that_an_advice_names_exists():
    advice = re.compile(rf"install_command\(['\"](\w+)|{DISTRIBUTION}\[(\w+)\]|'\.\[(\w+)\]'")
    asked = {name for text in TEXTS.values() for names in advice.findall(text) for name in names if name}
    assert {"engines", "page", "sweep"} <= asked <= set(EXTRAS)
    assert install_command("engines") == "pip install 'edge-ai-planner[engines]'"


def test_the_version_is_said_once(capsys):
    assert "version" in PROJECT["dynamic"]
    assert run(["--version"]) == 0
    assert capsys.readouterr().out.split()[-1] == VERSION

"""Every formula of the table is worked out somewhere, and every module of formulas names one."""

import ast
import re
from pathlib import Path

import pytest

from planner.formulas import FORMULAS, formula

PACKAGE = Path(__file__).resolve().parents[1] / "planner"
ROOMS = ("rack/heat", "rack/load", "rack/counts", "latency")
COUNTING = {
    "rack/load/topology.py",  # numbers servers and queues
    "rack/load/run_size.py",  # multiplies
    "rack/counts/enough.py",  # compares
    "rack/counts/epochs.py",  # sums
    "rack/counts/invariants.py",  # compares what `tally.law_accounts` names
    "rack/counts/results.py",  # shapes
}
LATENCY = (
    "planning.py",
    "power/law.py",
    "power/draw.py",
    "power/supply.py",
    "roofline.py",
    "calibrated/kernel_model.py",
    "transfer/effects.py",
    "transfer/model.py",
    "transfer/prediction.py",
)


def keys_named(path: Path) -> set[str]:
    """Keys of all `@formula(...)` decorators of a module."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef):
            for mark in node.decorator_list:
                if (
                    isinstance(mark, ast.Call)
                    and isinstance(mark.func, ast.Name)
                    and mark.func.id == "formula"
                ):
                    found |= {argument.value for argument in mark.args}
    return found


def modules_of_formulas():
    for room in ROOMS[:3]:
        for path in sorted((PACKAGE / room).glob("*.py")):
            if path.stem != "__init__" and str(path.relative_to(PACKAGE)) not in COUNTING:
                yield path
    yield from (PACKAGE / "latency" / name for name in LATENCY)


def test_every_formula_is_worked_out_by_a_function():
    named = set().union(*(keys_named(path) for path in PACKAGE.rglob("*.py")))
    assert named == set(FORMULAS)


@pytest.mark.parametrize("path", list(modules_of_formulas()), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_every_module_of_formulas_names_one(path):
    assert keys_named(path)


def test_a_module_that_cites_a_year_in_a_room_of_formulas_names_a_formula():
    citing = {
        path
        for room in ROOMS
        for path in (PACKAGE / room).rglob("*.py")
        if re.search(r"\b(19|20)\d\d\b", ast.get_docstring(ast.parse(path.read_text())) or "")
    }
    silent = {str(path.relative_to(PACKAGE)) for path in citing if not keys_named(path)}
    assert silent <= COUNTING


@pytest.mark.parametrize("item", FORMULAS.values(), ids=lambda item: item.key)
def test_a_formula_says_all_of_itself(item):
    assert all((item.title, item.equation, item.source, item.limits))
    assert item.limits.endswith(".")


def test_a_formula_leaves_its_function_as_it_is_and_an_unknown_one_is_refused():
    def twice(value: float) -> float:
        return 2 * value

    assert formula("roofline")(twice) is twice
    with pytest.raises(KeyError, match="no formula nothing"):
        formula("roofline", "nothing")

"""Small faults in the code: a sample with a fixed seed, made by the operators of Cosmic Ray."""

from __future__ import annotations

import ast
import difflib
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.operators.operator import Operator
from cosmic_ray.plugins import get_operator, operator_names

ROOT = Path(__file__).resolve().parents[2]

_LEFT_OUT = ("RemoveDecorator", "VariableReplacer", "VariableInserter", "ExceptionReplacer")
"""A decorator here is mostly `dataclass` or `click`, whose loss any test sees; the others want settings."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """One fault: a file of the package with one place changed."""

    path: str
    statement: int
    """The line in which the statement starts that is changed."""
    line: int
    operator: str
    before: str
    after: str

    @property
    def room(self) -> str:
        """The room of the package that it is in."""
        parts = Path(self.path).parts
        return parts[1] if len(parts) > 2 else "planner"

    @property
    def diff(self) -> str:
        """The change as a unified diff without surroundings."""
        lines = difflib.unified_diff(
            self.before.splitlines(), self.after.splitlines(), self.path, self.path, n=0, lineterm=""
        )
        return "\n".join(lines)

    @property
    def change(self) -> tuple[str, str, str]:
        """File, old and new line, by which a reviewed mutant is known wherever the line has moved."""
        before, after = self.before.splitlines(), self.after.splitlines()
        old, new = next(((a, b) for a, b in zip(before, after, strict=False) if a != b), ("", ""))
        return self.path, old.strip(), new.strip()


def sample(count: int, seed: int, files: Sequence[Path]) -> tuple[Mutant, ...]:
    """So many faults: a file by its lines of code, a place of it, and one fault there, each by lot."""
    lot = random.Random(seed)  # noqa: S311 - a sample, no secret
    ordered = sorted(files)
    weights = [len(_code_lines(path.read_text())) for path in ordered]
    found: dict[tuple[str, str, str], Mutant] = {}
    while len(found) < count:
        (path,) = lot.choices(ordered, weights)
        mutant = _one(path, lot)
        if mutant is not None:
            found.setdefault(mutant.change, mutant)
    return tuple(found.values())


def _one(path: Path, lot: random.Random) -> Mutant | None:
    source = path.read_text()
    places = _places(path)
    if not places:
        return None
    place = lot.choice(sorted(places))
    name, occurrence = lot.choice(places[place])
    changed = mutate_code(source, _operator(name), occurrence)
    if changed is None or not _differs(source, changed):
        return None
    start = _statement(source, place[0])
    return Mutant(str(path.relative_to(ROOT)), start, place[0], name.removeprefix("core/"), source, changed)


def _statement(source: str, line: int) -> int:
    """Where the innermost statement around a line starts; a decorator stands before its own."""
    around = (
        node.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.stmt) and node.lineno <= line <= (node.end_lineno or 0)
    )
    return max(around, default=line)


def _differs(before: str, after: str) -> bool:
    """Whether it is Python still and more than another way to write the same."""
    try:
        return ast.dump(ast.parse(before)) != ast.dump(ast.parse(after))
    except SyntaxError:
        return False


_Places = dict[tuple[int, int], list[tuple[str, int]]]


@cache
def _places(path: Path) -> _Places:
    """Every place that some operator changes -> the operators and which of their occurrences it is."""
    source = path.read_text()
    nodes = list(ast_nodes(get_ast(source)))
    idle = _idle(source)
    found: _Places = {}
    for name in _names():
        occurrence = 0
        for node in nodes:
            for start, _ in _operator(name).mutation_positions(node):
                if not any(first <= start < last for first, last in idle):
                    found.setdefault(start, []).append((name, occurrence))
                occurrence += 1
    return found


@cache
def _names() -> tuple[str, ...]:
    """Of many ways to swap one operator for another those are kept that stay within numbers and logic."""
    return tuple(sorted(name for name in operator_names() if _wanted(name.removeprefix("core/"))))


def _wanted(name: str) -> bool:
    kind, *pair = name.split("_")
    if kind == "ReplaceBinaryOperator":
        return set(pair) <= {"Add", "Sub", "Mul", "Div", "FloorDiv", "Pow", "Mod", "BitOr", "BitAnd"}
    return kind not in _LEFT_OUT and not set(pair) & {"UAdd", "Invert"}


@cache
def _operator(name: str) -> Operator:
    return get_operator(name)()


_Span = tuple[tuple[int, int], tuple[int, int]]


def _idle(source: str) -> tuple[_Span, ...]:
    """Annotations, and whether a dataclass is frozen and slotted: for readers and mypy, no result changes."""
    return tuple(
        ((node.lineno, node.col_offset), (node.end_lineno or 0, node.end_col_offset or 0))
        for node in _without_effect(ast.parse(source))
    )


def _without_effect(tree: ast.Module) -> Iterator[ast.expr]:
    for node in ast.walk(tree):
        if isinstance(node, ast.arg | ast.AnnAssign) and node.annotation is not None:
            yield node.annotation
        elif isinstance(node, ast.FunctionDef) and node.returns is not None:
            yield node.returns
        elif isinstance(node, ast.ClassDef):
            yield from (item for item in node.decorator_list if ast.unparse(item).startswith("dataclass"))
        elif isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            yield node.test


def _code_lines(source: str) -> set[int]:
    """Lines with a statement; imports and texts that stand alone are none."""
    return {
        node.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.stmt)
        and not isinstance(node, ast.Import | ast.ImportFrom)
        and not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
    }

"""The formulas that answers rest on: equation, source, and where each stops holding.

In: nothing; the table is plain data, and naming a formula only checks its key.
Out: `FORMULAS` by key, and `@formula("key")` for a function that works one out. A study's record and its
report list those that the study used. Sources are those that the modules cite; "This project" marks a rule
of our own, whose page in `docs` or whose module says how it was checked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, TypeVar

from planner.formulas.answers import COUNTS, PLAN
from planner.formulas.formula import Formula
from planner.formulas.heat import HEAT
from planner.formulas.performance import LATENCY, LOAD
from planner.formulas.video import VIDEO

__all__ = ["FORMULAS", "Formula", "formula"]

_Function = TypeVar("_Function", bound=Callable[..., Any])

FORMULAS: Mapping[str, Formula] = MappingProxyType(
    {item.key: item for item in (*LATENCY, *LOAD, *VIDEO, *HEAT, *COUNTS, *PLAN)}
)
"""Key -> formula, in the order in which a study comes to them."""


def formula(*keys: str) -> Callable[[_Function], _Function]:
    """Name the formulas of the table that a function works out; the function itself is handed back.

    Raises `KeyError` for a key that the table lacks, when the function is defined.
    """
    unknown = [key for key in keys if key not in FORMULAS]
    if unknown:
        raise KeyError(f"planner/formulas: no formula {', '.join(unknown)}; add it there")

    def named(function: _Function) -> _Function:
        return function

    return named

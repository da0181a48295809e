"""The formulas that a study rests on, as JSON."""

from __future__ import annotations

from planner.formulas import Formula
from planner.schema.record import FormulaRecord
from planner.wording.message import Stored


def formula_record(found: Formula) -> FormulaRecord:
    """Key, title, equation, source and limits."""
    return {
        "key": found.key,
        "title": Stored(f"formula.{found.key}.title", found.title),
        "equation": found.equation,
        "source": found.source,
        "limits": Stored(f"formula.{found.key}.limits", found.limits),
    }

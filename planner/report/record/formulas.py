"""The formulas behind the answer."""

from __future__ import annotations

from typing import TypedDict


class Formula(TypedDict):
    """One formula that the study rests on: equation as text, who says so, and where it stops holding."""

    key: str
    title: str
    equation: str
    source: str
    limits: str

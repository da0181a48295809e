"""What is said of one formula."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Formula:
    """One formula: a title, the equation as text, who says so, and where it stops holding."""

    key: str
    title: str
    equation: str
    source: str
    limits: str

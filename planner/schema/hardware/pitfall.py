"""Schema of `hardware_db/pitfalls/<id>.yaml`: one well-known mistake and the rules that detect it."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from planner.schema.hardware.source import Source
from planner.schema.reading.strict import Conflict, StrictModel, refuse_all

Severity = Literal["error", "warning", "note"]


class PitfallRule(StrictModel):
    """One way to make the mistake: when it is raised, how bad it is, what to do, who says so."""

    title: str
    severity: Severity
    thresholds: dict[str, float] = Field(default_factory=dict)
    """Numbers that the check compares with, in SI units and plain ratios."""
    basis: str | None = None
    """Where the thresholds come from."""
    advice: str
    source: str

    @model_validator(mode="after")
    def _thresholds_have_a_basis(self) -> Self:
        if self.thresholds and self.basis is None:
            conflict = Conflict(("basis",), "where the thresholds come from", "nothing", "add `basis`")
            raise refuse_all([conflict])
        return self


class Mistake(StrictModel):
    """One mistake of planning, with its rules."""

    schema_version: Literal[1] = Field(alias="schema")
    id: str
    title: str
    sources: dict[str, Source]
    rules: dict[str, PitfallRule] = Field(min_length=1)

    @model_validator(mode="after")
    def _sources_exist(self) -> Self:
        conflicts = [
            Conflict(("rules", name, "source"), f"one of the sources {', '.join(self.sources)}", rule.source)
            for name, rule in self.rules.items()
            if rule.source not in self.sources
        ]
        if conflicts:
            raise refuse_all(conflicts)
        return self

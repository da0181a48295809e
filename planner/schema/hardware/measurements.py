"""Schemas of `hardware_db/measurements/names.yaml` and `corrections.yaml`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, Self

from pydantic import Field, model_validator

from planner.schema.reading.strict import Conflict, StrictModel, refuse_all


class Alias(StrictModel):
    """A name used by a publisher, the name used here, and why both are the same thing."""

    published: str
    name: str
    why: str


class Names(StrictModel):
    """Names of publishers that differ from those of the catalogue and the zoo."""

    schema_version: Literal[1] = Field(alias="schema")
    parts: list[Alias]
    models: list[Alias]

    @model_validator(mode="after")
    def _once(self) -> Self:
        conflicts = [*_repeated("parts", self.parts), *_repeated("models", self.models)]
        if conflicts:
            raise refuse_all(conflicts)
        return self


def _repeated(where: str, aliases: list[Alias]) -> Iterator[Conflict]:
    seen: set[str] = set()
    for i, alias in enumerate(aliases):
        if alias.published in seen:
            yield Conflict((where, i, "published"), "each published name once", f"{alias.published!r} again")
        seen.add(alias.published)


class Repair(StrictModel):
    """Fields of a row that read otherwise than published; none means as published."""

    unit: Literal["gpu", "dla", "npu", "cpu", "mixed"] | None = None
    engine: str | None = None
    model: str | None = None
    precision: str | None = None
    input_shape: str | None = None
    power_mode: str | None = None
    streams_threads: Literal["unknown"] | None = None
    trust: Literal["A", "A-", "B+", "B", "C"] | None = None
    value_times_batch: Literal[1, -1] | None = None
    """1: multiply by the batch, because the row counts batches; -1: divide, it was done once too often."""


class Correction(StrictModel):
    """Rows that mislead as published: left out or repaired on request, with the reason."""

    id: str
    rows: list[str] = Field(min_length=1)
    """Ids, or ranges `first..last` of ids that share their prefix."""
    action: Literal["exclude", "repair"]
    set: Repair | None = None
    why: str

    @model_validator(mode="after")
    def _repair_says_what(self) -> Self:
        says = self.set is not None and self.set.model_dump(exclude_none=True) != {}
        if says != (self.action == "repair"):
            expected = "`set` with the repaired fields if and only if the action is repair"
            raise refuse_all([Conflict(("set",), expected, self.action)])
        return self


class Corrections(StrictModel):
    """All corrections; the rows themselves stay as published."""

    schema_version: Literal[1] = Field(alias="schema")
    corrections: list[Correction]

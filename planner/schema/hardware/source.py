"""Documents that numbers of the database were taken from, and files that list theirs."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from planner.schema.reading.quantity import source_conflicts
from planner.schema.reading.strict import StrictModel, refuse_all


class Source(StrictModel):
    """A document that numbers were taken from."""

    title: str
    url: str | None = None
    revision: str | None = None
    date: str | None = None
    note: str | None = None


class SourcedFile(StrictModel):
    """A file of the database with its documents; a number that names none of them is refused."""

    schema_version: Literal[1] = Field(alias="schema")
    id: str
    sources: dict[str, Source]

    @model_validator(mode="after")
    def _sources_exist(self) -> Self:
        conflicts = list(source_conflicts(self, self.sources))
        if conflicts:
            raise refuse_all(conflicts)
        return self

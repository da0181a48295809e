"""Schemas of `hardware_db/later`: names of networks and settings in rows that came later."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from planner.schema.hardware.engine import VersionText
from planner.schema.hardware.measurements import Alias
from planner.schema.reading.strict import StrictModel


class LaterVersion(StrictModel):
    """The version of an engine that the rows of a source ran."""

    engine: str
    source: str
    """Shell pattern of the source as the rows name it."""
    version: VersionText
    stated: bool
    """Whether the publisher says so; else it is the one of his day."""
    why: str


class LaterNames(StrictModel):
    """Names of publishers that mean a network of the zoo, and versions that they ran."""

    schema_version: Literal[1] = Field(alias="schema")
    models: list[Alias]
    versions: list[LaterVersion] = Field(default_factory=list)
    """The first that matches; where none does the engine's usual one is meant."""


class LaterSetting(StrictModel):
    """What some rows most likely ran on, where the publisher says it in words or not at all."""

    device: str = "*"
    source: str = "*"
    note: str = "*"
    """Patterns of a row's fields; all have to match."""
    part: str | None = None
    """The part of the catalogue that the row is of: the same chip behind another link."""
    threads: int | None = Field(default=None, ge=1)
    why: str

    @model_validator(mode="after")
    def _says_something(self) -> LaterSetting:
        if self.part is None and self.threads is None:
            raise ValueError("expected a part or threads, got neither")
        return self


class LaterSettings(StrictModel):
    """All of them; the first that matches a row counts."""

    schema_version: Literal[1] = Field(alias="schema")
    settings: list[LaterSetting]

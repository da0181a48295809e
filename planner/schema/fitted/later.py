"""Schema of `hardware_db/later/names.yaml`: names of networks in rows that came later."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

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

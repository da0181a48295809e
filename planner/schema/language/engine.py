"""Schema of `hardware_db/language/engines/<id>.yaml`: an engine, its units and its number formats."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from planner.schema.hardware.device import PrecisionName, UnitKind
from planner.schema.reading.strict import StrictModel


class ServedUnits(StrictModel):
    """Units that the engine runs on: one kind, and words of the unit's name or the part's architecture."""

    kind: UnitKind
    words: list[str] = Field(min_length=1)
    """Shell patterns, one of which has to match."""
    all_of_a_kind: bool = False
    """Whether all units of the kind work on one model, as the cores of an NPU do."""
    usual: int = Field(default=0, ge=0)
    """The engine with the highest number is taken where none is asked for."""


class WeightFormat(StrictModel):
    """How the engine keeps weights: bits with their scales, or a recipe of GGUF files."""

    matrices: float = Field(default=16.0, gt=0, le=32)
    last: float = Field(default=16.0, gt=0, le=32)
    table: float = Field(default=16.0, gt=0, le=32)
    experts: float | None = Field(default=None, gt=0, le=32)
    recipe: str | None = None
    computes: list[PrecisionName] = Field(min_length=1)
    """Precisions of the products; the first that the unit has."""


class SessionBatching(StrictModel):
    """How the engine serves several sessions: what a step takes of prompts, how the cache is handed out."""

    chunk_tokens: int | None = Field(default=None, ge=1)
    """Prompt tokens that a step reads beside the sessions that decode; None: one whole prompt, alone."""
    block_tokens: int | None = Field(default=None, ge=1)
    """Tokens of a block of the cache; None where each session's whole context is reserved."""
    source: str


class LanguageEngine(StrictModel):
    """One engine."""

    schema_version: Literal[1] = Field(alias="schema")
    id: str
    name: str
    source: str
    note: str | None = None
    units: list[ServedUnits] = Field(min_length=1)
    weights: dict[str, WeightFormat] = Field(min_length=1)
    """The first is the usual one."""
    aliases: dict[str, str] = Field(default_factory=dict)
    """Other names of the formats."""
    caches: list[str] = Field(min_length=1)
    """Formats of keys and values, the usual one first."""
    users: int = Field(default=1, ge=1)
    """Most sessions that one program serves together."""
    batching: SessionBatching | None = None
    """None: prompts whole, and each session's context reserved."""
    called_by: list[str] = Field(default_factory=list)
    """Programs that call it under a name of their own."""

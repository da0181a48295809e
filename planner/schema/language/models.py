"""Schema of `hardware_db/language/models.yaml`: language models by name."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from planner.schema.reading.strict import StrictModel


class NamedModel(StrictModel):
    """One model: the keys of its configuration, and what its page states of its size."""

    title: str
    parameters: int = Field(gt=0)
    source: str
    config: dict[str, Any]


class NamedModels(StrictModel):
    """All models by name."""

    schema_version: Literal[1] = Field(alias="schema")
    models: dict[str, NamedModel] = Field(min_length=1)

"""Schema of `hardware_db/surroundings/climates.yaml`: outdoor air by place."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from planner.schema.hardware.source import Source
from planner.schema.reading.quantity import Celsius, Kelvin, Sourced, SourcedBlock, source_conflicts
from planner.schema.reading.strict import StrictModel, refuse_all


class PlaceClimate(SourcedBlock):
    """Outdoor air of a design year: mean, half of the swing over the year, half of that over a hot day."""

    mean_c: Sourced[Celsius]
    year_k: Sourced[Kelvin]
    day_k: Sourced[Kelvin]


class Climates(StrictModel):
    """All places."""

    schema_version: Literal[1] = Field(alias="schema")
    id: str
    sources: dict[str, Source]
    places: dict[str, PlaceClimate]

    @model_validator(mode="after")
    def _sourced(self) -> Self:
        if conflicts := list(source_conflicts(self, self.sources)):
            raise refuse_all(conflicts)
        return self

"""Schema of `hardware_db/compression/methods.yaml`: what compression gains and what it cost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, Self

from pydantic import Field, model_validator

from planner.schema.hardware.device import UnitKind
from planner.schema.hardware.source import Source
from planner.schema.reading.quantity import (
    Ratio,
    Sourced,
    SourcedBlock,
    source_conflicts,
)
from planner.schema.reading.strict import Conflict, StrictModel, refuse_all

Method = Literal["fp16", "bf16", "int8", "int4", "int4_weights", "two_of_four", "channels", "single_weights"]


class FourBitWeights(SourcedBlock):
    """Engines that keep weights in four bits and compute in the activations' precision, and for what."""

    engines: list[str] = Field(min_length=1)
    unit_kinds: list[UnitKind] = Field(min_length=1)
    operators: list[str] = Field(min_length=1)
    group: int = Field(ge=1)
    """Weights that share a scale of 16 bits."""


class SparseProducts(SourcedBlock):
    """Which dense convolutions gain, and how many times faster their products are made."""

    least_channels: int = Field(ge=1)
    """Of the input, and all smaller ones gain nothing."""
    low_rate_ratio: Sourced[Ratio]
    mid_rate_ratio: Sourced[Ratio]
    high_rate_ratio: Sourced[Ratio]


class SparseGain(SourcedBlock):
    """How much faster networks ran with two of every four weights zero, where the unit has kernels for it."""

    unit_kinds: list[UnitKind] = Field(min_length=1)
    low_gain_ratio: Sourced[Ratio]
    mid_gain_ratio: Sourced[Ratio]
    high_gain_ratio: Sourced[Ratio]
    products: SparseProducts | None = None
    """Where it is known which layers gain; the gain of a network then follows from them."""


class RiskLevels(SourcedBlock):
    """Points of accuracy below which a risk is low, and above which it is high."""

    low_points: Sourced[float]
    high_points: Sourced[float]


class AccuracyRow(StrictModel):
    """What one network scored before and after, in per cent of some measure."""

    method: Method
    network: str
    """Shell pattern of names."""
    full: float
    compressed: float
    retrained: bool
    source: str
    what: str

    @property
    def lost_points(self) -> float:
        """Points lost; negative where compression gained some."""
        return self.full - self.compressed


class SensitiveLayers(StrictModel):
    """Layers that lose more than others by some methods, and why."""

    id: str
    layers: Literal["first", "last", "depthwise", "all"]
    methods: list[Method] = Field(min_length=1)
    source: str
    why: str


class CompressionMethods(StrictModel):
    """All of it."""

    schema_version: Literal[1] = Field(alias="schema")
    id: str
    sources: dict[str, Source]
    int4_weights: list[FourBitWeights]
    two_of_four: list[SparseGain]
    risk: RiskLevels
    accuracy: list[AccuracyRow]
    sensitive: list[SensitiveLayers]

    @model_validator(mode="after")
    def _sources_exist(self) -> Self:
        conflicts = [*source_conflicts(self, self.sources), *self._rows_without_source()]
        if conflicts:
            raise refuse_all(conflicts)
        return self

    def _rows_without_source(self) -> Iterator[Conflict]:
        known = f"one of the sources {', '.join(self.sources)}"
        named = [("accuracy", i, row.source) for i, row in enumerate(self.accuracy)]
        named += [("sensitive", i, row.source) for i, row in enumerate(self.sensitive)]
        for key, i, source in named:
            if source not in self.sources:
                yield Conflict((key, i, "source"), known, f"{source!r}")

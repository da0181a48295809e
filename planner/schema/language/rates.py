"""Schemas of `hardware_db/language`: the model of token rates, and units of parts beside the database."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from planner.schema.hardware.device import PrecisionName, UnitKind
from planner.schema.reading.quantity import BytesPerSecond, Hertz, OpsPerSecond
from planner.schema.reading.strict import StrictModel

RateKind = Literal["decode", "prompt", "users"]


class RateParameter(StrictModel):
    """A fitted number: its value, what was thought before looking, and how far off that might have been."""

    value: float = Field(gt=0)
    prior: float = Field(gt=0)
    spread: float = Field(gt=0)
    """Standard deviation of the logarithm."""


class BlindErrors(StrictModel):
    """Errors of predictions of parts and architectures that were both left out of the fit."""

    kind: RateKind
    unit_kind: UnitKind
    rows: int
    parts: int
    median: float
    """Of the factor between predicted and measured time."""
    p90: float
    low: float = Field(gt=0)
    high: float = Field(gt=0)
    """Measured over predicted time: ends of the band."""
    coverage: float
    """Share of rows within bands made of the errors of other parts."""


class RateEffects(StrictModel):
    """Deviations of the logarithm of measured over predicted time, by what they have in common.

    `part` is common to an engine on a part, `rest` is of the single row. `coverage` counts rows within bands
    that measurements of other architectures on the same part moved, of those that have such neighbours.
    """

    kind: RateKind
    part: float = Field(gt=0)
    rest: float = Field(gt=0)
    rows: int
    median: float
    p90: float
    coverage: float


class RatesModel(StrictModel):
    """The model as fitted, and how far it was off where it had not looked."""

    schema_version: Literal[1] = Field(alias="schema")
    level: float
    parameters: dict[str, RateParameter]
    blind: list[BlindErrors]
    effects: list[RateEffects]
    engines: dict[str, list[UnitKind]]
    """Engines with rows of their own, and the kinds of units that these are of."""
    rows: int
    sha256: str
    """Over the sorted ids of the rows."""


class PartBeside(StrictModel):
    """A unit of a part that rates were published of and that the database does not have."""

    kind: UnitKind
    bandwidth_bytes_per_s: BytesPerSecond
    peaks_ops_per_s: dict[PrecisionName, OpsPerSecond] = Field(min_length=1)
    clock_hz: Hertz | None = None
    source: str
    note: str | None = None


class PartsBeside(StrictModel):
    """Units by part and unit, as in `rk3576/npu`."""

    schema_version: Literal[1] = Field(alias="schema")
    units: dict[str, PartBeside]

"""What a plan rests on beside the database: calibrations and measurements, in files beside the scenario."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from planner.schema.hardware.device import PrecisionName
from planner.schema.reading.quantity import Celsius
from planner.schema.reading.strict import StrictModel


class MeasuredFile(StrictModel):
    """A file of `planner measure`, `calibrate` or `import`, with what it leaves open about its setting."""

    file: str = Field(min_length=1)
    device: str | None = None
    unit: str | None = None
    mode: str | None = None
    engine: str | None = None
    precision: PrecisionName | None = None
    batch: Annotated[int, Field(ge=1)] | None = None
    threads: Annotated[int, Field(ge=1)] | None = None
    network: str | None = None
    """What ran while power and temperature were logged; every network of the plan unless given."""
    ambient_c: Celsius | None = None
    """Of the air during a log, with which its temperature gives the cooler's resistance."""


class RestsOn(StrictModel):
    """Keys of a scenario that name what was measured; paths are those of files beside it, or from here."""

    calibration: str | None = None
    """A file, or `none` for the database alone; the one kept for this machine unless given."""
    anchors: list[str] = Field(default_factory=list)
    """`published`, and files of measurements on the parts or of the networks, to blend with."""
    measured: list[str | MeasuredFile] = Field(default_factory=list)
    """Measurements of the plan's own settings; what is of another setting is named and not used."""

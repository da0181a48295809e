"""The outdoor air of a site: a place of the database, a sine over year and day, or a file of hours."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from planner.schema.reading.quantity import Celsius, Kelvin, refuse
from planner.schema.reading.strict import StrictModel

Swing = Annotated[Kelvin, Field(le=60)]


class Climate(StrictModel):
    """What the supply of an outdoor site is: its hottest hour, and the hours of its hottest day."""

    place: str | None = None
    mean_c: Celsius | None = None
    """Of the year."""
    year_k: Swing | None = None
    """Half of the swing of daily means over the year."""
    day_k: Swing | None = None
    """Half of the swing over a hot day."""
    hottest_hour: int = Field(default=15, ge=0, le=23)
    file: str | None = None
    """Temperatures in degC, hour by hour over whole days, one a line; the last column counts."""

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        sine = [self.mean_c, self.year_k, self.day_k]
        ways = [self.place is not None, self.file is not None, any(value is not None for value in sine)]
        if sum(ways) != 1 or (ways[2] and None in sine):
            got = ", ".join(name for name, on in zip(("place", "file", "mean"), ways, strict=True) if on)
            raise refuse("a `place`, a `file`, or `mean`, `year` and `day`", got or "none")
        return self

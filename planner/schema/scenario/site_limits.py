"""What is around the devices of a site: what they sit in, gear beside them, a balancer, margins of a plan."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from planner.schema.reading.quantity import Celsius, Kelvin, Money, Ratio, Watts, refuse
from planner.schema.reading.strict import StrictModel


class Carrier(StrictModel):
    """What parts of one form sit in: carrier board, host server, enclosure share."""

    slots: int = Field(default=1, ge=1, le=1000)
    power_w: Watts
    price_money: Money
    rack_units: float = Field(gt=0, le=1e6)
    note: str
    in_row: int = Field(default=1, ge=1, le=1000)
    """Of its slots, how many are one behind another in one stream of air."""
    computer: bool | None = None
    """Whether it is a computer that parts without one may sit in; unless said, only what cards sit in is."""

    @model_validator(mode="after")
    def _rows_are_of_slots(self) -> Self:
        if self.in_row > self.slots:
            raise refuse(f"in_row of at most the {self.slots} slots", self.in_row)
        return self


class Gear(StrictModel):
    """Something beside the devices that needs air: a switch, a power supply."""

    name: str = Field(min_length=1)
    lowest_c: Celsius | None = None
    highest_c: Celsius
    """The warmest air that its maker allows at the load that it has here."""

    @model_validator(mode="after")
    def _rises(self) -> Self:
        if self.lowest_c is not None and self.lowest_c >= self.highest_c:
            got = f"{self.lowest_c:g} degC"
            raise refuse(f"`lowest` of {self.name!r} below its `highest` of {self.highest_c:g} degC", got)
        return self


class Margins(StrictModel):
    """How far a plan stays from a limit."""

    temperature_k: Annotated[Kelvin, Field(le=100)] = 10.0
    """To the temperature at which a device throttles."""
    throttled_ratio: Annotated[Ratio, Field(lt=1)] = 0.01
    """Share of the time that devices may be throttled from heat; a plan beyond it is no PASS."""
    power_ratio: Annotated[Ratio, Field(lt=1)] = 0.1
    """Of the power limit, left free with every device at its own limit."""


class Balancer(StrictModel):
    """What hands each frame to a device, where it may go to any of several."""

    price_money: Money
    power_w: Watts = 0.0
    note: str = Field(min_length=1)

"""Schema of `hardware_db/later/names.yaml`: names of networks in rows that came later."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from planner.schema.hardware.measurements import Alias
from planner.schema.reading.strict import StrictModel


class LaterNames(StrictModel):
    """Names of publishers that mean a network of the zoo."""

    schema_version: Literal[1] = Field(alias="schema")
    models: list[Alias]

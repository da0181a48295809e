"""Keys of `planner plan`."""

from __future__ import annotations

from typing_extensions import TypedDict

from planner.schema.record.sizing import SizingRecord
from planner.schema.record.trust import PitfallRecord


class DefaultRecord(TypedDict):
    """A value that nobody asked for: its key in the scenario, as it is written there, and why."""

    key: str
    value: object
    why: str


class PlanRecord(SizingRecord):
    """What `planner size` writes of the scenario, and the scenario.

    `scenario_text` is the scenario's file, `scenario_file` where it was written; null where it was not.
    """

    scenario_text: str
    scenario_file: str | None
    defaults: list[DefaultRecord]
    pitfalls: list[PitfallRecord]

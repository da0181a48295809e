"""The whole record of a study: what `planner report --data` writes."""

from __future__ import annotations

from typing import Literal, NotRequired

from pydantic import ConfigDict, with_config
from typing_extensions import TypedDict

from planner.schema.record.commands.chain import ChainUsesRecord
from planner.schema.record.commands.simulate import FailuresRecord
from planner.schema.record.density import DensityRecord
from planner.schema.record.estimate import SoakRecord
from planner.schema.record.latency import FootprintRecord, RivalRecord, RooflineRecord, RungRecord
from planner.schema.record.money import PurchaseLineRecord, SpendingRecord
from planner.schema.record.options import (
    AnswerRecord,
    ChoicesRecord,
    ConstraintRecord,
    OptionRecord,
    TrialRecord,
)
from planner.schema.record.question import (
    AssumptionRecord,
    DigestRecord,
    FormulaRecord,
    NetworkRecord,
    ScenarioRecord,
    SourceRecord,
    StreamRecord,
    ToolRecord,
    ValueRecord,
)
from planner.schema.record.rack import ElevationRecord, HourRecord, RackRecord, SlotsRecord
from planner.schema.record.sizing import ToMeasureRecord
from planner.schema.record.trust import (
    MeasuredHereRecord,
    PitfallRecord,
    PublishedRecord,
    ValidationRecord,
)
from planner.schema.record.turning import WhatIfRecord

SCHEMA = 1


@with_config(ConfigDict(strict=True, allow_inf_nan=False))
class StudyRecord(TypedDict):
    """The whole record."""

    schema: int
    language: NotRequired[Literal["en", "zh"]]
    tool: ToolRecord
    scenario: ScenarioRecord
    answer: AnswerRecord
    streams: list[StreamRecord]
    networks: list[NetworkRecord]
    options: list[OptionRecord]
    chosen: OptionRecord | None
    constraints: list[ConstraintRecord]
    choices: NotRequired[ChoicesRecord | None]
    purchase: NotRequired[list[PurchaseLineRecord]]
    roofline: list[RooflineRecord]
    ladder: list[RungRecord]
    rivals: list[RivalRecord]
    rack: RackRecord | None
    what_if: NotRequired[WhatIfRecord | None]
    elevation: NotRequired[ElevationRecord | None]
    slots: NotRequired[SlotsRecord | None]
    soak: NotRequired[SoakRecord | None]
    """The chosen part from cold, busy for an hour in the inlet air of the plan."""
    day: NotRequired[list[HourRecord] | None]
    density: NotRequired[DensityRecord | None]
    footprint: NotRequired[list[FootprintRecord]]
    chain: NotRequired[ChainUsesRecord | None]
    spending: NotRequired[SpendingRecord]
    failures: NotRequired[FailuresRecord | None]
    pitfalls: NotRequired[list[PitfallRecord]]
    validation: NotRequired[list[ValidationRecord]]
    published: NotRequired[list[PublishedRecord]]
    measured_here: NotRequired[list[MeasuredHereRecord]]
    """What was measured on the chosen part, beside what was predicted without it."""
    to_measure: NotRequired[list[ToMeasureRecord]]
    """Before ordering, what is worth most first."""
    assumptions: list[AssumptionRecord]
    formulas: NotRequired[list[FormulaRecord]]
    figures: list[ValueRecord]
    sources: list[SourceRecord]
    trials: list[TrialRecord]
    warnings: list[str]
    digests: list[DigestRecord]

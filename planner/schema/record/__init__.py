"""The one record that the PDF, the page and the data file are made from.

Keys follow the command contract: SI floats with the unit in the key. An absent value is `None` (null), never
zero. More keys than these are allowed and kept.

In: nothing; declarations, and the text of a record to be checked.
Out: types that `planner.plan.record` fills and `planner.report` reads, and the published JSON Schema.
"""

from planner.schema.record.check import canonical_json, read_study
from planner.schema.record.density import DensityLimitRecord, DensityRecord, DensityRowRecord
from planner.schema.record.latency import (
    CeilingRecord,
    FootprintRecord,
    KernelRecord,
    RivalRecord,
    RooflineRecord,
    RungRecord,
)
from planner.schema.record.money import (
    PurchaseLineRecord,
    SpendingLineRecord,
    SpendingRecord,
    SwingRecord,
    TornadoRecord,
)
from planner.schema.record.options import (
    AnswerRecord,
    BandRecord,
    ChoiceRecord,
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
    UnresolvedRecord,
    ValueRecord,
)
from planner.schema.record.rack import (
    ElevationRecord,
    HistogramRecord,
    HourRecord,
    RackDevicesRecord,
    RackRecord,
    SeriesRecord,
    SlotsRecord,
    StreamLatencyRecord,
    StreamResultRecord,
    TemperatureRecord,
)
from planner.schema.record.study import SCHEMA, StudyRecord
from planner.schema.record.trust import PitfallRecord, PublishedPointRecord, PublishedRecord, ValidationRecord
from planner.schema.record.turning import WhatIfRecord

__all__ = [
    "SCHEMA",
    "AnswerRecord",
    "AssumptionRecord",
    "BandRecord",
    "CeilingRecord",
    "ChoiceRecord",
    "ChoicesRecord",
    "ConstraintRecord",
    "DensityLimitRecord",
    "DensityRecord",
    "DensityRowRecord",
    "DigestRecord",
    "ElevationRecord",
    "FootprintRecord",
    "FormulaRecord",
    "HistogramRecord",
    "HourRecord",
    "KernelRecord",
    "NetworkRecord",
    "OptionRecord",
    "PitfallRecord",
    "PublishedPointRecord",
    "PublishedRecord",
    "PurchaseLineRecord",
    "RackDevicesRecord",
    "RackRecord",
    "RivalRecord",
    "RooflineRecord",
    "RungRecord",
    "ScenarioRecord",
    "SeriesRecord",
    "SlotsRecord",
    "SourceRecord",
    "SpendingLineRecord",
    "SpendingRecord",
    "StreamLatencyRecord",
    "StreamRecord",
    "StreamResultRecord",
    "StudyRecord",
    "SwingRecord",
    "TemperatureRecord",
    "ToolRecord",
    "TornadoRecord",
    "TrialRecord",
    "UnresolvedRecord",
    "ValidationRecord",
    "ValueRecord",
    "WhatIfRecord",
    "canonical_json",
    "read_study",
]
